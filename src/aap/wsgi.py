"""For a WSGI server: `gunicorn aap.wsgi:app`."""

import os
import sys

from aap.app import create_app
from aap.settings import WrongSettings

os.umask(0o077)  # what the application makes is for nobody else on the machine
try:
    app = create_app()
except WrongSettings as wrong:
    print(wrong, file=sys.stderr)
    sys.exit(3)  # for gunicorn: not to be started again
