"""Step 4: from that document to the package."""
