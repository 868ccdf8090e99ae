"""One process that serves an instance, to be killed: `python -m tests.soak.served_instance FOLDER PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

from werkzeug.serving import make_server

from aap.app import create_app
from aap.settings import Settings


def settings_of(folder: Path) -> Settings:
    """The instance as the test and the served process open it: the same secret, so that people stay signed in."""
    return Settings(instance=folder, environment="testing", rate_limit=False, secret_key="only-for-tests")


if __name__ == "__main__":
    app = create_app(settings_of(Path(sys.argv[1])))
    server = make_server("127.0.0.1", int(sys.argv[2]), app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()
