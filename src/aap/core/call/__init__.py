"""The call file: read with every error at its place, checked across its keys, worded for people, hashed."""
