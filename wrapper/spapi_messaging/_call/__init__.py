"""One call to Amazon, decided without I/O and without a clock."""
