"""The figures of the README, each a ratio within one run or a count, on loopback. Run by ``scripts/benchmark``."""
