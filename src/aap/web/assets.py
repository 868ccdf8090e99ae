"""Style sheets, scripts and pictures: each version of them under an address of its own, kept by browsers for a year.

The address names the content of all of them together (`/static/<version>/js/aap.js`), because scripts import each other by
relative addresses: what a page loads comes from one version, whole. Who opened a page before an upgrade still finds the files
of that page: the instance keeps the versions it served last.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

import structlog
from flask import Flask, Response, abort, current_app, request, send_from_directory
from flask.sessions import SecureCookieSessionInterface, SessionMixin

ENDPOINT = "static"
KEPT_VERSIONS = 3
_YEAR = int(timedelta(days=365).total_seconds())
_OURS = Path(__file__).parent / "static"
_BOOTSTRAP = "static/bootstrap5/css/bootstrap.min.css"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Assets:
    """`files`: name in the address → file. `version`: 12 hexadecimal digits of the names and contents of all."""

    files: dict[str, Path]
    version: str = field(init=False)

    def __post_init__(self) -> None:
        found = hashlib.sha256()
        for name, path in sorted(self.files.items()):
            content = path.read_bytes()
            found.update(f"{name}\0{len(content)}\0".encode())
            found.update(content)
        object.__setattr__(self, "version", found.hexdigest()[:12])

    def keep(self, folder: Path) -> None:
        """Puts this version beside the earlier ones; of these the newest stay. A full disk only costs old pages their files."""
        target = folder / self.version
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if target.exists():
                os.utime(target)
            else:
                made = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
                for name, path in self.files.items():
                    (made / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, made / name)
                try:
                    made.rename(target)
                except OSError:  # another process was first
                    shutil.rmtree(made, ignore_errors=True)
            versions = sorted(folder.iterdir(), key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
            for old in versions[KEPT_VERSIONS:]:
                shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            log.warning("assets.not_kept", reason=type(error).__name__)


@cache
def shipped() -> Assets:
    """What this version of the product brings: our files, and Bootstrap's style sheet."""
    ours = {path.relative_to(_OURS).as_posix(): path for path in _OURS.rglob("*") if path.is_file()}
    package = find_spec("flask_bootstrap")  # its files only: importing it takes time at each start
    origin = package.origin if package else None
    if origin is None:
        raise FileNotFoundError("the package bootstrap-flask, which brings Bootstrap's style sheet, is not installed")
    return Assets(ours | {"bootstrap.min.css": Path(origin).parent / _BOOTSTRAP})


class PagesOnly(SecureCookieSessionInterface):
    """Sessions as Flask keeps them, but for these files: they are nobody's, and must not vary with a cookie."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != ENDPOINT:
            super().save_session(app, session, response)

    def get_cookie_path(self, app: Flask) -> str:
        """A site below a folder keeps its cookie from its neighbours."""
        return f"{request.root_path.rstrip('/')}/"


def init_assets(app: Flask, earlier: Path | None, *, lasting: bool) -> None:
    """Serves the files. `earlier`: where versions are kept; `lasting`: False while they are being written, by a developer."""
    app.session_interface = PagesOnly()
    app.extensions["aap.assets"] = (shipped(), earlier, lasting)
    if earlier is not None and lasting:
        shipped().keep(earlier)

    @app.url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT:
            values.setdefault("version", shipped().version)

    app.add_url_rule("/static/<version>/<path:filename>", ENDPOINT, send_asset)


def send_asset(version: str, filename: str) -> Response:
    assets, earlier, lasting = current_app.extensions["aap.assets"]
    if version == assets.version:
        path = assets.files.get(filename)
        if path is None:
            abort(404)
        answer = send_from_directory(path.parent, path.name)
    elif earlier is not None and PurePosixPath(version).name == version and not version.startswith("."):
        answer = send_from_directory(earlier / version, filename)
    else:
        abort(404)
    answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if lasting else "no-cache"
    return answer
