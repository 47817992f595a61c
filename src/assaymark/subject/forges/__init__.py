"""What a forge can tell, in a package of its own: modules of `assaymark.subject` itself are loaded in every run."""
