"""For a WSGI server: `gunicorn aap.wsgi:app`."""

from aap.app import create_app

app = create_app()
