"""Pages for `make scan`: see scripts/scan.py."""
