"""`aap serve`: the web application by gunicorn, and the worker beside it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys

import click

from aap.settings import Settings


@click.command("serve", help="Servir l’application web, avec le travail de fond (courriels, classement, lettres).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option("--workers", type=int, default=0, help="Processus web ; 0 : un par cœur, de 2 à 8.")
def serve_command(host: str, port: int, workers: int) -> None:
    settings = Settings()
    environment = {**os.environ, "AAP_INSTANCE": str(settings.instance.resolve())}
    from aap.services.platform import open_platform

    open_platform(settings).database.dispose()  # the database takes its newest shape before anybody serves it
    worker = subprocess.Popen([sys.executable, "-m", "aap.cli", "worker"], env=environment)
    count = workers or max(2, min(8, multiprocessing.cpu_count()))
    web = subprocess.Popen(  # noqa: S603
        [
            sys.executable, "-m", "gunicorn", "aap.wsgi:app", "--bind", f"{host}:{port}", "--workers", str(count),
            "--threads", "4", "--worker-class", "gthread", "--timeout", "60", "--graceful-timeout", "20",
            "--log-level", "warning",
        ],
        env=environment,
    )  # fmt: skip
    _announce(settings, f"http://{host}:{port}")

    def stop(*_signal: object) -> None:
        for process in (web, worker):
            if process.poll() is None:
                process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    code = web.wait()
    stop()
    worker.wait()
    sys.exit(0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else 1)


def _announce(settings: Settings, address: str) -> None:
    """Where to go, and one account an actor when this is the demonstration."""
    click.echo(f"\nL’application est prête : {address}\n")
    from aap.demo.filling import demo_accounts, is_demonstration
    from aap.services.platform import open_platform

    platform = open_platform(settings, migrate=False)
    if settings.environment == "production" or not is_demonstration(platform):
        return
    names = {
        "association": "Association",
        "reviewer": "Évaluation",
        "official": "Instruction",
        "admin": "Administration",
    }
    shown: set[str] = set()
    for account in demo_accounts(platform):
        if account["role"] not in shown:
            shown.add(account["role"])
            click.echo(f"  {names[account['role']]:<16}{account['email']:<50}{account['password']}")
    click.echo("\nTous les comptes : aap demo --accounts. Arrêter : Ctrl-C.\n")


@click.command("worker", help="Faire le travail de fond : courriels, classement, lettres.")
def worker_command() -> None:
    from aap import jobs
    from aap.logs import configure_logs

    settings = Settings()
    configure_logs(settings.log_format)
    jobs.work(settings)
