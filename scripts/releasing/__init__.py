"""What `scripts/release.py` does: the changelog and the version of a release. Nothing is committed or published."""
