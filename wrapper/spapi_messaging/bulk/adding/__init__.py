"""From jobs to rows: checked, hashed, and added all together or not at all."""
