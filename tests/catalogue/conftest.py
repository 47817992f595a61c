"""The examples hold files that look like tests: they are judged, not collected."""

collect_ignore_glob = ["*/pass*", "*/fail*", "*/na*", "*/unknown*"]
