import test from 'ava';
import {one} from './index.js';

test('one', t => {
	t.is(one, 1);
});
