"""Scripts for processes that do one thing. They run in other environments, so they import no other benchmark module."""
