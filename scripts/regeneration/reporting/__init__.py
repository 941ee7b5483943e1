"""Step 5: what changed for users, in words."""
