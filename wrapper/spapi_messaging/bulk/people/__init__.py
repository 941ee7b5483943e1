"""What people say to a ledger, and what it tells them."""
