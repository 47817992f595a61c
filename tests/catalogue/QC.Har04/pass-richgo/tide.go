package tide

func One() int { return 1 }
