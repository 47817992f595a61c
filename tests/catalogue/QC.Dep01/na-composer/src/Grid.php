<?php

namespace Tide;

final class Grid
{
    public const SIZE = 4;
}
