height <- function(t) 2 * t
