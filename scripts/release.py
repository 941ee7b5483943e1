#!/usr/bin/env python3
"""Prepares a release, and checks one. `--help` shows what it does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from releasing.command import main

if __name__ == "__main__":
    sys.exit(main())
