"""The application as gunicorn serves it in tests: with a page that keeps a thread, and one that says when it was asked.

Who sends slowly is let go within a second or two instead of half a minute.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from flask import g, request

from aap.app import create_app
from aap.services.permissions import Permission
from aap.serving import gunicorn_worker
from aap.web.access import requires
from tests.soak.served_instance import settings_of

gunicorn_worker.HEAD, gunicorn_worker.BODY, gunicorn_worker.FIRST_BYTES = 1.5, 1.5, 4.0
gunicorn_worker.SLOWEST = 10**9

app = create_app(settings_of(Path(os.environ["AAP_TEST_INSTANCE"])))


@app.get("/essai/occupe")
@requires(Permission.PUBLIC_READ)
def keep_busy() -> str:
    time.sleep(float(request.args["seconds"]))
    return "done"


@app.route("/essai/arrivee", methods=["GET", "POST"])
@requires(Permission.PUBLIC_READ)
def say_arrival() -> str:
    return str(g.arrived_at.timestamp())
