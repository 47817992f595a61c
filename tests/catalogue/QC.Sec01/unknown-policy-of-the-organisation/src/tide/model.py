def height(t):
    return 2 * t
