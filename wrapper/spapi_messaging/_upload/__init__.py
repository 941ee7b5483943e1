"""A file on its way to Amazon: opened, hashed, given a destination, stored there."""
