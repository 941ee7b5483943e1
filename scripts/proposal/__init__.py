"""Opens a pull request for a change of Amazon's models.

It needs Python and its standard library, git and gh, and nothing else: what runs here may write to the repository. It
reads the change as data, and runs and imports nothing of it.
"""
