"""The limiter whose token buckets are kept by a Redis server."""
