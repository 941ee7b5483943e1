"""What `scripts/lock` does: one list of exact versions, without an index and without a platform."""
