"""From the press of the button to telephones that really ring, and the result back in the button.

The page and the visitor are a browser's; the job worker and the SIP dialer are the product's own processes; the telephones are sipp's, behind
kamailio. Nothing between them is told by the test.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import make
import pytest
from browser.desk import requested
from browser.visit import Visit
from django.utils import timezone
from playwright.sync_api import expect
from telephony.bed import Bed, Sipp
from telephony.processes import Processes, require_programs

from autocalls.services import edit
from calls.models import Call

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

ANSWERS_AND_HANGS_UP, BUSY = "+48225555506", "+48225555502"
STEPS = ("waiting", "operator", "visitor", "talking", "finished")
SECONDS = 100_000
"""In milliseconds: how long the longest step may take on a slow machine."""


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    require_programs()
    bed = Bed(tmp_path)
    yield bed
    bed.stop()


@pytest.fixture
def office(bed: Bed, transactional_db: None) -> Iterator[Sipp]:
    """The product at work, with one consultant, whose telephone this is."""
    telephone = bed.telephone()
    with Processes() as processes:
        processes.start("worker")
        processes.start_dialer()
        yield telephone


def shop(bed: Bed, **fields: Any) -> Any:
    voip = make.voip(address="127.0.0.1", port=str(bed.port), provider="", number="+48221234567")
    make.sip(voip=voip, sip="100", username="100", password="secret100")
    return make.widget(voip=voip, **fields)


def test_a_visitor_is_called_and_sees_it(visit: Begin, bed: Bed, office: Sipp) -> None:
    visited = visit(shop(bed))
    visited.page.evaluate("window.told_ = []; void VoipCrmWidget.on('progress', (told) => told_.push(told.step))")
    visited.open()

    visited.get_promise(ANSWERS_AND_HANGS_UP)

    expect(visited.status).to_have_text("Thank you for the conversation.", timeout=SECONDS)
    steps = visited.page.evaluate("told_")
    assert steps[-1] == "finished"
    assert steps == [
        step for step in STEPS if step in steps
    ]  # a page on a busy machine may ask too seldom for the short ones
    call = Call.objects.get()
    assert (call.status, call.reason, (call.duration or 0) >= 2) == ("ANSWERED", "number_hung_up", True)
    assert office.got("INVITE sip:") >= 1
    assert bed.network.got("INVITE sip:") >= 1
    assert requested().status == "done"
    assert visited.problems == []


def test_a_visitor_whose_line_is_busy_is_told_of_the_next_attempt(visit: Begin, bed: Bed, office: Sipp) -> None:
    visited = visit(shop(bed, retry_minutes=10))
    visited.open()

    visited.get_promise(BUSY)

    expect(visited.status).to_contain_text("We could not connect you yet. Next attempt:", timeout=SECONDS)
    visited.dialog.get_by_role("button", name="Cancel the call").click()
    expect(visited.status).to_have_text("The call is canceled. We will not call.")
    assert requested().attempts == 1


def test_a_booked_call_comes_at_its_time(visit: Begin, bed: Bed, office: Sipp) -> None:
    visited = visit(shop(bed, ring_first="visitor"))
    visited.open()
    visited.choose("Later")
    visited.dialog.locator("[name=call_at]").nth(1).check()
    visited.get_promise(ANSWERS_AND_HANGS_UP)
    expect(visited.status).to_contain_text("Your call is booked")

    booked = requested()
    soon = timezone.now() + timedelta(seconds=2)
    edit(booked, {"call_at": soon})  # staff bring it forward

    visited.page.reload()
    visited.button.click()
    expect(visited.status).to_have_text("Thank you for the conversation.", timeout=SECONDS)
    assert Call.objects.get().start_time >= soon
