namespace Tide;

public static class Level
{
    public static int One() => 1;
}
