"""Who serves which seller, and how a message changes its state."""
