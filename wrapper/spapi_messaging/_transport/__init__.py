"""Where the package waits, locks and talks to the network (``limiters`` locks, too): drivers, tokens, connections."""
