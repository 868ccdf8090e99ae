"""Runs a call for grant applications: dossiers, reviews, an exact and explained selection, decisions."""

import os

__version__ = "0.2.0.dev0"  # the only place: pyproject.toml, `aap --version`, the state page and backups read it

# One thread of linear algebra: sums come in one order, so the same inputs give the same bytes on any number of cores,
# and the small matrices of a call don't wait for threads. Read by OpenBLAS when numpy is first imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # whatever the environment asks for
