"""The figures in docs/figures.md: ratios within one run, and counts, on loopback. ``scripts/benchmark`` runs them."""
