"""The figures in the README: ratios within one run, and counts, on loopback. ``scripts/benchmark`` runs them."""
