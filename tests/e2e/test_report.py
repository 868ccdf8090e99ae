"""`report.html` in a real browser: accessible, within the screen, asking for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from aap.core.call.loading import load_call
from aap.core.ranking.run import RunOptions, run_call
from aap.documents.report.ranking_files import table_files
from aap.documents.tables.tables_in import read_run_inputs
from tests.e2e.conftest import assert_accessible, assert_legible_at_night

EXAMPLE = Path(__file__).parents[2] / "docs" / "exemple-classement"


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_the_report_reads_on_any_screen(chromium: Browser, tmp_path: Path, width: int) -> None:
    call = load_call((EXAMPLE / "appel.yaml").read_bytes(), name="appel.yaml")
    inputs = read_run_inputs(call, EXAMPLE / "candidatures.csv", EXAMPLE / "notes.csv")
    run = run_call(call, inputs.applications, inputs.marks, options=RunOptions(draws=5, draw_seed="exemple"))
    page_file = tmp_path / "report.html"
    page_file.write_bytes(dict(table_files(run))["report.html"])
    page = chromium.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert_accessible(page)
    if width == 1280:
        assert_legible_at_night(page)
    assert page.locator("svg .w.laureate").count() == 3
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()
