require "minitest/autorun"

class TestTide < Minitest::Test
  def test_one = assert_equal(1, one)
end
