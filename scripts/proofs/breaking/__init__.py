"""Proves that several workers on one PostgreSQL send each message once, whatever breaks around them."""
