one <- function() 1
