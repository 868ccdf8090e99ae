"""`python -m aap.cli`."""

from aap.cli import main

if __name__ == "__main__":
    main()
