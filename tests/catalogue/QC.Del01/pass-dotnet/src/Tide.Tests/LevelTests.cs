using Xunit;

namespace Tide.Tests;

public class LevelTests
{
    [Fact]
    public void IsOne() => Assert.Equal(1, Level.One());
}
