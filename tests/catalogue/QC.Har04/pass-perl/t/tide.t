use strict;
use warnings;
use Test::More;
use Tide;

is(Tide::one(), 1);
done_testing;
