"""From Amazon's published models to `spec/` and `generated/`: the steps of `scripts/regenerate.py`."""
