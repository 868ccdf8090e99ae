"""`aap serve`: the web application by gunicorn and the worker, both kept alive by one supervisor."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from aap.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from aap.serving.addresses import Listening

LEAST, MOST = 2, 8
_M_MMAP_THRESHOLD = -3


@click.command("serve", help="Servir l’application web, avec le travail de fond (courriels, classement, lettres).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True)
@click.option("--workers", type=int, default=0, help="Processus web ; 0 : un par cœur, de 2 à 8.")
def serve_command(host: str, port: int, workers: int) -> None:
    settings = Settings()
    settings.refuse_unsafe()
    from aap.services.platform import open_platform
    from aap.serving.addresses import take_port

    try:
        listening = take_port(host, port)
    except OSError as error:
        raise click.ClickException(
            f"L’adresse {host}:{port} ne peut pas être prise ({error.strerror or error}). "
            "Un autre serveur l’occupe peut-être\u00a0: voyez --port."
        ) from error
    with listening.socket:
        settings = _with_links(settings, listening)
        open_platform(settings).database.dispose()  # the database takes its newest shape before anybody serves it
        code = _supervise(settings, listening, workers or max(LEAST, min(MOST, multiprocessing.cpu_count())))
    sys.exit(code)


def _with_links(settings: Settings, listening: Listening) -> Settings:
    """The links of mails lead to where the service listens, unless `AAP_BASE_URL` says otherwise."""
    from aap.serving.addresses import links_lead_elsewhere

    if "base_url" not in settings.model_fields_set:
        os.environ["AAP_BASE_URL"] = listening.address
        return Settings()
    if links_lead_elsewhere(settings, listening):
        click.echo(
            f"Attention\u00a0: les liens des courriels mènent à {settings.base_url} (AAP_BASE_URL), alors que "
            f"l’application écoute sur {listening.address}.",
            err=True,
        )
    return settings


def _supervise(settings: Settings, listening: Listening, workers: int) -> int:
    """Loads the code, then forks: every process shares it, and none has opened anything before."""
    with _loading():
        from aap import jobs
        from aap.app import create_app
        from aap.logs import configure_logs
        from aap.services.platform import open_platform
        from aap.serving.addresses import answers
        from aap.serving.supervisor import Child, Supervisor
        from aap.serving.web_server import WebServer, gunicorn_options

    configure_logs(settings.log_format)
    _give_big_blocks_back()

    def make() -> Flask:
        with _loading():
            return create_app(platform=open_platform(settings, migrate=False))

    def web() -> None:
        WebServer(gunicorn_options(listening.socket.detach(), workers), make, _let_go).run()

    def work() -> None:
        listening.socket.close()
        jobs.work(settings)

    def ready() -> bool:
        if not answers(listening):
            return False
        _in_a_process_of_its_own(lambda: _announce(settings, listening.address))
        return True

    return Supervisor([Child("web", web), Child("worker", work)], watch=ready).run()


def _give_big_blocks_back() -> None:
    """glibc keeps blocks as large as those it has seen freed (19 MB a password) for each thread: it gives them back."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded meanwhile stays: the collector does not search it now (a fifth of the time), nor writes into it
    later, so that forked processes go on sharing it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _let_go(app: Flask) -> None:
    """A web process has its own connections: none of the process that made the application."""
    app.extensions["aap.platform"].database.engine.dispose(close=False)


def _in_a_process_of_its_own(tell: Callable[[], None]) -> None:
    """The supervisor opens no database and holds no thread: its children are forks of it."""
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return
    try:
        tell()
    finally:
        sys.stdout.flush()
        os._exit(0)


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
