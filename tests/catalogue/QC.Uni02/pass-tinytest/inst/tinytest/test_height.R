library(tinytest)
expect_equal(height(1), 2)
