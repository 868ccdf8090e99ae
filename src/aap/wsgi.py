"""For a WSGI server: `gunicorn aap.wsgi:app`."""

import sys

from aap.app import create_app
from aap.settings import WrongSettings

try:
    app = create_app()
except WrongSettings as wrong:
    print(wrong, file=sys.stderr)  # noqa: T201
    sys.exit(3)  # for gunicorn: not to be started again
