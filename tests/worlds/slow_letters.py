"""A worker whose letters come slowly and in small pieces, to be killed in the middle of a batch:
`python -m tests.worlds.slow_letters`."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from unittest import mock

from aap import jobs
from aap.documents.papers.letters import LetterView
from aap.services.decision import letters
from aap.settings import Settings

_rendered = letters.rendered


def slowly(views: Sequence[LetterView]) -> Generator[bytes]:
    for view in views:
        time.sleep(0.2)
        yield from _rendered([view])


if __name__ == "__main__":
    with mock.patch.multiple(letters, rendered=slowly, PIECE_OF_LETTERS=2, _KEPT_TOGETHER=1):
        jobs.work(Settings())
