package Tide;

use strict;
use warnings;

sub one { 1 }

1;
