"""What a person decides about messages: each command shows what it changes, asks, and does it."""
