"""python -m mutation: see scripts/mutate."""

from mutation.command import main

if __name__ == "__main__":
    main()
