"""Upkeep: backup, audit, time, state of the machine."""
