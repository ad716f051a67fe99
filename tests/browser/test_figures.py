"""The page of figures and the export in a real browser: charts drawn locally under the page's policy, nothing scrolls sideways, axe finds nothing."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import make
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser.visit import Visit
from django.utils import timezone
from playwright.sync_api import expect

from calls.models import Call

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Visit]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 700}}


@pytest.fixture
def week() -> None:
    """A week of a small office."""
    voip = make.voip()
    lines, now = [make.sip(voip=voip), make.sip(voip=voip, sip="101", name="Warehouse")], timezone.now()
    words = (("incoming", "ANSWERED"), ("incoming", "NO ANSWER"), ("outgoing", "ANSWERED"), ("outgoing", "BUSY"))
    Call.objects.bulk_create(
        Call(
            kind=words[place % 4][0], status=words[place % 4][1], sip=lines[place % 2], voip=voip,
            customer_number=f"+48501502{place % 7:03}", start_time=(start := now - timedelta(hours=2.3 * place)),
            answered_at=start + timedelta(seconds=4 + place) if words[place % 4][1] == "ANSWERED" else None,
            duration=place * 7 if words[place % 4][1] == "ANSWERED" else None,
        )
        for place in range(70)
    )  # fmt: skip
    make.autocall(widget=make.widget(voip=voip))


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "telephone"])
def test_the_page_passes_axe_and_draws_its_charts(desk: Desk, scheme: str, device: dict[str, Any]) -> None:
    page = desk("/admin/figures/", color_scheme=scheme, **device).page
    charts = page.locator("canvas.chart")
    expect(charts.first).to_be_visible()

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found["violations"]] == []
    assert charts.first.evaluate("c => c.toDataURL() !== document.createElement('canvas').toDataURL()")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.usefixtures("week")
def test_a_figure_is_followed_to_its_rows(desk: Desk) -> None:
    page = desk("/admin/figures/").page
    card = page.get_by_role("link", name="Missed and not returned").first
    value = card.inner_text().split()[0]

    card.click()

    expect(page.locator("#result_list tbody tr.data-row")).to_have_count(int(value))


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize("kind", ["CSV", "XLSX"])
def test_an_export_tells_how_far_it_is_and_saves_the_file(desk: Desk, kind: str, tmp_path: Path) -> None:
    page = desk("/admin/calls/call/?kind__exact=incoming").page

    with page.expect_download() as saved:
        page.get_by_role("link", name=kind, exact=True).click()

    saved.value.save_as(tmp_path / "file")
    expect(page.locator("[data-export] [role=status]")).to_have_text("36 of 36 rows")
    content = (tmp_path / "file").read_bytes()
    assert (
        content[:2] == b"PK"
        if kind == "XLSX"
        else len(list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))) == 36
    )
