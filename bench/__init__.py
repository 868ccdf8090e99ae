"""Measures of speed and memory: each `*_bench.py` is a script of its own; `python -m bench` runs them all."""
