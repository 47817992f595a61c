project = "Tidegrid"
