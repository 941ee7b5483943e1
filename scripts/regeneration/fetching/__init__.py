"""Step 1: which models there are, where they come from, and their files."""
