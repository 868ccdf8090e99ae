"""Writes the catalogues of the texts that people read: src/aap/translations/messages.pot, and scripts.pot for the scripts.

The same code gives the same bytes: no date, no line number, sorted by text. A language is added with
`pybabel init -l … -i …/messages.pot -d src/aap/translations` (and `-D scripts`), then `pybabel compile -d …` with `-D` too.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "src/aap/translations"
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}


def catalogues() -> dict[str, Catalog]:
    """The texts by domain: `messages` (server) and `scripts` (browser)."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = {"messages": Catalog(), "scripts": Catalog()}
    for name, _line, text, comments, context in sorted(
        (
            message
            for folder in ("src", "templates")
            for message in extract_from_dir(
                ROOT / folder,
                [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods],
                {pattern.removeprefix(f"{folder}/"): held for pattern, held in options.items()},
                keywords=KEYWORDS,
                callback=None,
            )
        ),
        key=str,
    ):
        domain = "scripts" if name.endswith(".js") else "messages"
        place = next(path for path in ("src", "templates") if (ROOT / path / name).exists())
        found[domain].add(text, locations=[(f"{place}/{name}", 0)], auto_comments=comments, context=context)
    return found


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a file."""
    file = io.BytesIO()
    write_po(file, catalogue, width=120, sort_output=True, omit_header=True, include_lineno=False)
    return file.getvalue()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for domain, catalogue in catalogues().items():
        (FOLDER / f"{domain}.pot").write_bytes(written(catalogue))
        print(f"{domain}.pot: {len(catalogue)} texts")


if __name__ == "__main__":
    main()
