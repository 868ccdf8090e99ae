"""The wheel, installed in a clean environment, has all that it needs: templates, call files, tables, migrations."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PROBE = """
from datetime import UTC, datetime
from pathlib import Path
import aap
assert "site-packages" in aap.__file__ and str(Path.cwd()) in aap.__file__, aap.__file__
from aap.app import create_app
from aap.core.call.loading import load_call
from aap.core.results import Census, ResultRow
from aap.documents.papers.letters import letter_from_row, render_letter
from aap.own_files import rubrics_folder
from aap.settings import Settings

app = create_app(Settings(instance=Path("instance"), environment="testing"))
page = app.test_client().get("/")
assert page.status_code == 200 and "</html>" in page.text
assert "Avant de commencer" in app.test_client().get("/aide/association").text
call = load_call((rubrics_folder() / "mentorat-2025.yaml").read_text(), name="mentorat-2025.yaml")
row = ResultRow(1, "A-1", "Les Passerelles", "laureate", "selected", "Classé 1ᵉʳ.", None, None, None, None, None, 3,
                1_000_000, 1_000_000, None, {})
letter = render_letter(letter_from_row(call, row, census=Census(1, 1)))
assert letter.startswith(b"%PDF-1.7")
print("fine")
"""


@pytest.mark.timeout(240)
def test_the_installed_wheel_renders_a_page_and_a_letter(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("aap-*.whl")

    venv.create(tmp_path / "clean", with_pip=False)
    python = tmp_path / "clean/bin/python"
    packages = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(packages), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # The dependencies of this test run, without the checkout: a path file inside that folder is not followed.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AAP_", "PYTHON"))}
    answer = subprocess.run(
        [python, "-c", PROBE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (answer.stdout.strip(), answer.returncode) == ("fine", 0), answer.stderr
