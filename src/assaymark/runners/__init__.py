"""Where work runs: a process, a sandbox, a container, a batch system. One contract: `assaymark.job.Runner`."""
