"""What `aap serve` is made of: a supervisor, the web server by gunicorn, and the question whether it answers."""
