"""The page of `bulk status --html`: what it shows, and how it looks."""
