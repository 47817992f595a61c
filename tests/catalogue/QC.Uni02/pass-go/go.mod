module example.org/tide
