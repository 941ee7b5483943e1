"""A run that a person watches: what sends, how far it has come, what a signal does, how it ended."""
