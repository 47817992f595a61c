"""openEO process graphs: bare, as user-defined processes, and inside jobs and services."""
