"""What is looked at in metadata and in files, a family in each module."""
