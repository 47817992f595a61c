"""What a repository on GitHub gets to see: annotations, summaries, outputs, comments, checks, the badge branch."""
