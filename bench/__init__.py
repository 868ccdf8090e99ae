"""Measures of speed and memory: `python -m bench` runs them all, `python -m bench rank selection` some of them.

`aap` comes first, because it sets one thread of linear algebra before numpy is loaded.
"""

import aap  # noqa: F401
