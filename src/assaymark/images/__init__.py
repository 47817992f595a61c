"""Container images without a daemon: an OCI layout, an archive of one, or what ``docker save`` wrote. Hostile input."""
