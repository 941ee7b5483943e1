"""The steps of `scripts/regenerate.py`, from Amazon's published models to `spec/` and `generated/`."""
