"""Pages that are broken on purpose: `python -m tests.scan.broken PORT`. A scanner that finds nothing here finds nothing.

Each page has one fault, and no answer has the headers that protect a browser. They listen on the loopback only, know
nothing but three made-up lines, and are in no package that is installed.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from flask import Flask, Response, redirect, request

FOLDER = Path(__file__).parent
FAULTS = (
    "Reflected Cross Site Scripting",
    "SQL Injection",
    "Path Traversal",
    "Open Redirect",
    "Content Security Policy Configuration",
    "Clickjacking Protection",
    "MIME Type Confusion",
)
"""What must be found, in the scanner's words."""

app = Flask(__name__)


@app.get("/")
def home() -> str:
    pages = ("echo?word=bonjour", "people?name=Ana", "read?file=pages.txt", "go?to=/echo%3Fword%3Dbonjour")
    return "<h1>Broken</h1>" + "".join(f'<p><a href="/{page}">{page}</a></p>' for page in pages)


@app.get("/echo")
def echo() -> str:
    """Cross-site scripting: what was asked for comes back as it is."""
    return f"<html><body><p>You said {request.args.get('word', '')}</p></body></html>"


@app.get("/people")
def people() -> Response:
    """SQL injection: the name is part of the statement, and the database's own words are shown."""
    with sqlite3.connect(":memory:") as held:
        held.executescript("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ana'), ('Bo'), ('Cy')")
        try:
            found = held.execute(f"SELECT name FROM people WHERE name = '{request.args.get('name', '')}'").fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            return Response(f"<p>sqlite3.OperationalError: {error}</p>", mimetype="text/html")
        finally:
            held.rollback()
    return Response("<ul>" + "".join(f"<li>{name}</li>" for (name,) in found) + "</ul>", mimetype="text/html")


@app.get("/read")
def read() -> Response:
    """Path traversal: any file that the process may read."""
    try:
        text = (FOLDER / request.args.get("file", "")).read_text(errors="replace")
    except (OSError, ValueError):
        text = "No such file."
    return Response(text, mimetype="text/plain")


@app.get("/go")
def go() -> Response:
    """Open redirect: wherever the address says."""
    return redirect(request.args.get("to", "/"))  # type: ignore[return-value]


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
