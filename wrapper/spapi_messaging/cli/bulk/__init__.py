"""`bulk`: thousands of messages, from a file into a ledger and from there to the buyers."""
