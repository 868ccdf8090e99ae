"""What `deploy/` ships beside the nginx site: units that systemd takes, a backup that is read again, settings that exist."""

from __future__ import annotations

import base64
import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aap.records.keys import read_keys
from aap.services.platform import Platform
from aap.settings import Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
ANALYZE = shutil.which("systemd-analyze")


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # keys of systemd tell capitals apart
    read.read_string(path.read_text())
    return read


@pytest.mark.parametrize("path", [one for one in UNITS if one.suffix == ".service"], ids=lambda path: path.name)
def test_a_service_runs_as_nobody_in_particular_and_writes_its_own_folders_only(path: Path) -> None:
    service = unit(path)["Service"]
    wanted = {
        "User": "aap", "EnvironmentFile": "/etc/aap/aap.env", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
        "PrivateTmp": "yes", "UMask": "0077", "CapabilityBoundingSet": "",
    }  # fmt: skip
    assert {name: service[name] for name in wanted} == wanted
    assert set(service["ReadWritePaths"].split()) <= {"/var/lib/aap", "/var/backups/aap"}


def test_each_timer_starts_a_service_that_is_there() -> None:
    timers = {path.stem for path in UNITS if path.suffix == ".timer"}
    assert timers == {"aap-backup", "aap-doctor"}
    assert timers < {path.stem for path in UNITS if path.suffix == ".service"}


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in UNITS:  # the commands aren't installed on this machine
        text = re.sub(r"^(ExecStart)=\S+", r"\1=/bin/true", path.read_text(), flags=re.M)
        (tmp_path / path.name).write_text(text)
    command = [ANALYZE, "verify", *(str(tmp_path / path.name) for path in UNITS)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, [line for line in found.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


def test_the_nightly_backup_is_read_again_and_the_old_ones_go(platform: Platform, tmp_path: Path) -> None:
    folder = tmp_path / "sauvegardes"
    old, fresh, other = (folder / name for name in ("aap-2025-01-01-023000", "aap-2025-02-09-023000", "a-garder"))
    for path, days in ((old, 40), (fresh, 3), (other, 400)):
        path.mkdir(parents=True)
        then = path.stat().st_mtime - days * 86_400
        os.utime(path, (then, then))
    command = tmp_path / "aap"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aap.cli "$@"\n')
    command.chmod(0o755)
    apart = tmp_path / "cles"
    apart.mkdir()
    shutil.move(platform.settings.key_file, apart / "data.key")
    environment = {
        **os.environ, "AAP": str(command), "AAP_INSTANCE": str(platform.settings.instance),
        "AAP_DATA_KEY_FILE": str(apart / "data.key"),
    }  # fmt: skip
    run = [str(DEPLOY / "aap-backup"), str(folder), "30"]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Sauvegarde intacte" in done.stdout
    (made,) = set(folder.iterdir()) - {fresh, other}
    assert re.fullmatch(r"aap-\d{4}-\d\d-\d\d-\d{6}", made.name)

    (key,) = read_keys((apart / "data.key").read_text())
    written = b"".join(path.read_bytes() for path in made.rglob("*") if path.is_file())
    assert base64.urlsafe_b64encode(key) not in written

    drill = {
        **environment,
        "AAP_INSTANCE": str(tmp_path / "essai"),
        "AAP_DATA_KEY_FILE": str(tmp_path / "essai/data.key"),
    }
    restore = [str(command), "restore", str(made)]
    without = subprocess.run(restore, env=drill, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (without.returncode, (tmp_path / "essai" / "aap.sqlite3").exists()) == (2, False), without.stderr
    restore += ["--key-file", str(apart / "data.key")]
    assert subprocess.run(restore, env=drill, capture_output=True, check=False).returncode == 0
    assert (tmp_path / "essai" / "aap.sqlite3").exists()

    environment["AAP_INSTANCE"] = str(tmp_path / "nulle-part")
    os.utime(fresh, (0, 0))
    assert subprocess.run(run, env=environment, capture_output=True, check=False).returncode != 0
    assert fresh.exists()  # nothing goes where nothing new came


def test_the_example_of_settings_names_settings_and_the_site_agrees_with_it() -> None:
    lines = dict(re.findall(r"^(AAP_\w+)=(.*)$", (DEPLOY / "aap.env.example").read_text(), re.M))
    assert {name.removeprefix("AAP_").lower() for name in lines} <= Settings.model_fields.keys()
    key = Path(lines["AAP_DATA_KEY_FILE"])
    assert not any(key.is_relative_to(copied) for copied in (lines["AAP_INSTANCE"], "/var/backups/aap"))
    site = "".join(path.read_text() for path in (DEPLOY / "nginx").iterdir())
    sizes = set(re.findall(r"client_max_body_size (\d+);", site)) - {"0"}
    assert sizes == {str(int(lines["AAP_MAX_REQUEST_MB"]) * 1_000_000)}
    assert int(lines["AAP_MAX_REQUEST_MB"]) == Settings.model_fields["max_request_mb"].default
    assert f"proxy_set_header {lines['AAP_ARRIVAL_HEADER']} " in site
