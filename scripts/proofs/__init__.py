"""Proves that the ledger sends each message once, whatever happens to its senders."""
