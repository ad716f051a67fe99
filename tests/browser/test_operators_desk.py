"""The operators' desk in a browser: calls appear by themselves, and everything is done from the keyboard."""

import io
import re
import threading
import wave
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import make
import pytest
from browser.visit import Visit
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from calls.models import Call, FollowUp
from calls.statuses import Kind, Status
from integrations.management.commands.simulated_provider import deliver
from integrations.outbound import dialing
from integrations.outbound.addresses import parse_allowed
from integrations.providers.simulator import tell_story
from integrations.simulated_provider import serve
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Visit]
NUMBER = "+48501502503"


@pytest.fixture
def operator_url(settings: Any, live_server: LiveServer) -> Iterator[str]:
    """The simulated provider, which reports to the product that runs."""
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.1"])
    settings.PUBLIC_URL = live_server.url
    server = serve(0, deliver, time_factor=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def own_line(**voip: Any) -> Sip:
    line = make.sip(name="Anna Nowak", voip=make.voip(**{"provider": "simulator", "number": "+48221234500"} | voip))
    make.staff_line(User.objects.get(), line)
    return line


def missed(number: str = NUMBER, **fields: Any) -> Call:
    start = timezone.now() - timedelta(minutes=5)
    made = {"kind": "incoming", "status": "NO ANSWER", "number_from": number, "customer_number": number}
    return make.call(**made | {"start_time": start} | fields)


def test_a_number_and_enter_are_a_call_whose_end_is_seen(desk: Desk, operator_url: str) -> None:
    own_line(api_url=operator_url)
    visit = desk("/admin/desk/")
    live = visit.page.locator("#desk-live .desk-row")

    visit.page.keyboard.press("/")
    visit.page.keyboard.type("501 502 501")
    visit.page.keyboard.press("Enter")

    expect(live).to_contain_text("+48 501 502 501")
    expect(live).to_contain_text("Queued")
    dialing.dial(Call.objects.get().pk)
    expect(live).to_have_count(0)
    expect(visit.page.locator("#desk-history")).to_contain_text("answered")


def test_a_call_to_the_readers_line_appears_with_its_card(desk: Desk, operator_url: str) -> None:
    line = own_line()
    visit = desk("/admin/desk/")
    story = tell_story(
        call_id="1", started_at=timezone.now(), number_from=NUMBER, number_to="+48221234500", line=line.sip,
        kind=Kind.INCOMING, result=Status.ANSWERED,
    )  # fmt: skip
    assert line.voip is not None

    for body in story[:2]:
        deliver(line.voip.webhook_url, body)

    expect(visit.page.locator("[data-rings]")).to_contain_text("+48 501 502 503")
    expect(visit.page.locator("#desk-told")).to_have_text("Incoming call: +48 501 502 503")
    expect(visit.page.get_by_role("heading", name="+48 501 502 503")).to_be_visible()
    expect(visit.page).to_have_title("☎ Desk | voipcrm")


def test_a_missed_call_is_finished_with_two_keys(desk: Desk) -> None:
    missed()
    visit = desk("/admin/desk/")

    visit.page.keyboard.press("j")
    expect(visit.page.locator("[data-entry] a")).to_be_focused()
    visit.page.keyboard.press("e")

    expect(visit.page.get_by_text("Everything is done.")).to_be_visible()
    assert FollowUp.objects.get().state == "done"


def test_a_note_begins_with_one_key_and_is_stored_without_its_draft(desk: Desk) -> None:
    call = missed()
    visit = desk("/admin/desk/")
    visit.page.keyboard.press("j")

    visit.page.keyboard.press("n")
    expect(visit.page.get_by_label("Note on the call")).to_be_focused()
    visit.page.keyboard.type("Rings on Monday")
    visit.page.get_by_role("button", name="Add the note").click()

    expect(visit.page.locator("#desk-history")).to_contain_text("Rings on Monday")
    expect(visit.page.get_by_label("Note on the call")).to_have_value("")
    assert [note.text for note in call.notes.all()] == ["Rings on Monday"]


def test_a_note_that_is_being_written_outlives_what_happens_meanwhile(desk: Desk) -> None:
    missed()
    visit = desk("/admin/desk/?number=%2B48501502503")
    note = visit.page.get_by_label("Note on the call")
    note.fill("Wants two lam")

    missed(number="+48501502504")

    expect(visit.page.locator("[data-entry]")).to_have_count(2)
    expect(note).to_have_value("Wants two lam")
    visit.page.locator("[data-entry='+48501502503']").get_by_role("button", name="Take").click()
    expect(visit.page.locator(".desk-own")).to_be_visible()
    expect(note).to_have_value("Wants two lam")


def test_on_a_telephone_the_columns_are_tabs(desk: Desk) -> None:
    missed()
    visit = desk("/admin/desk/", viewport={"width": 390, "height": 844})
    expect(visit.page.locator("#desk-to-do")).to_be_hidden()

    visit.page.get_by_role("link", name="To do (1)").click()

    expect(visit.page.locator("#desk-to-do")).to_be_visible()
    expect(visit.page.locator("#desk-now")).to_be_hidden()


def test_a_session_that_has_ended_is_told(desk: Desk) -> None:
    visit = desk("/admin/desk/")

    visit.context.clear_cookies()

    expect(visit.page.get_by_role("alert").filter(has_text="You are signed out")).to_be_visible()
    expect(visit.page.get_by_role("link", name="Sign in again")).to_be_visible()


def test_a_menu_puts_a_row_off_and_stays_open_while_the_list_is_renewed(desk: Desk) -> None:
    missed()
    visit = desk("/admin/desk/")
    row = visit.page.locator(f"[data-entry='{NUMBER}']")
    row.get_by_text("Later").click()

    missed(number="+48501502504")
    expect(visit.page.locator("[data-entry]")).to_have_count(2)
    row.get_by_role("button", name="Tomorrow at 9:00").click()

    expect(visit.page.locator("[data-entry]")).to_have_count(1)
    assert FollowUp.objects.get().state == "later"


def test_a_note_whose_answer_was_lost_is_stored_once_when_it_is_sent_again(desk: Desk) -> None:
    call = missed()
    visit = desk("/admin/desk/?number=%2B48501502503")
    lost = visit.page.locator("#desk-banner")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    visit.page.route("**/desk/add_note", lose)
    visit.page.get_by_label("Note on the call").fill("Rings on Monday")
    visit.page.get_by_role("button", name="Add the note").click()
    expect(lost).to_contain_text("it is not known whether anything was done")
    visit.page.unroute("**/desk/add_note")
    visit.page.reload()
    expect(visit.page.get_by_label("Note on the call")).to_have_value("Rings on Monday")
    visit.page.get_by_role("button", name="Add the note").click()

    expect(visit.page.get_by_label("Note on the call")).to_have_value("")
    assert [note.text for note in call.notes.all()] == ["Rings on Monday"]
    visit.problems.clear()  # the request that was lost


def test_a_note_outlives_the_end_of_the_session(desk: Desk) -> None:
    call = missed()
    visit = desk("/admin/desk/?number=%2B48501502503")
    cookies = visit.context.cookies()
    visit.page.get_by_label("Note on the call").fill("Wants two lamps")

    visit.context.clear_cookies()
    visit.page.get_by_role("button", name="Add the note").click()
    expect(visit.page.get_by_text("Sign in again").first).to_be_visible()
    visit.context.add_cookies(cookies)  # type: ignore[arg-type]  # as playwright gave them; signed in again
    visit.page.goto(visit.page.url)

    expect(visit.page.get_by_label("Note on the call")).to_have_value("Wants two lamps")
    visit.page.get_by_role("button", name="Add the note").click()
    expect(visit.page.locator("#desk-history")).to_contain_text("Wants two lamps")
    assert call.notes.count() == 1


COUNT_SOUNDS = """
window.sounds = 0;
const plain = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) { window.sounds += 1; return plain.apply(this, given); };
"""


def test_of_several_open_desks_one_makes_itself_heard(desk: Desk) -> None:
    line = own_line()
    visit = desk("/admin/desk/")
    visit.context.add_init_script(COUNT_SOUNDS + "localStorage.setItem('desk.sound', 'on')")
    tabs = [visit.page, visit.context.new_page()]
    for tab in tabs:
        tab.goto(visit.page.url)
        tab.locator("#desk-to-do-title").click()

    missed(status="RINGING", precedence=30, sip=line, start_time=timezone.now())

    for tab in tabs:
        expect(tab.locator("[data-rings]")).to_be_visible()
    tabs[0].wait_for_function("() => true")
    tabs[1].wait_for_timeout(3_500)  # both have had their turn
    heard = [tab.evaluate("() => window.sounds") for tab in tabs]
    assert sorted(bool(sounds) for sounds in heard) == [False, True], heard


def test_a_browser_that_keeps_the_sound_off_is_told_of(desk: Desk) -> None:
    line = own_line()
    visit = desk("/admin/desk/")
    visit.context.add_init_script("localStorage.setItem('desk.sound', 'on')")
    visit.page.goto(visit.page.url)

    missed(status="RINGING", precedence=30, sip=line, start_time=timezone.now())

    expect(visit.page.locator("#desk-banner")).to_contain_text("The browser keeps its sound off")
    visit.page.locator("#desk-to-do-title").click()
    expect(visit.page.locator("#desk-banner")).to_be_hidden()


def test_a_recording_goes_on_playing_while_the_desk_is_renewed(
    desk: Desk, settings: Any, live_server: LiveServer
) -> None:
    settings.RECORDING_ORIGINS = [live_server.url]
    missed(status="ANSWERED", recording_url=f"{live_server.url}/static/voipcrm/recording.wav")
    visit = desk("/admin/desk/")
    visit.page.route("**/recording.wav", lambda route: route.fulfill(body=silence(), content_type="audio/wav"))
    visit.page.goto(f"{visit.page.url}?number=%2B48501502503")
    visit.page.locator("audio").evaluate("audio => audio.play()")

    missed(status="BUSY")

    expect(visit.page.locator("#desk-history li")).to_have_count(2)
    assert visit.page.locator("audio").evaluate("audio => [audio.paused, audio.error === null]") == [False, True]


def silence(seconds: int = 60) -> bytes:
    with io.BytesIO() as file:
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(1)
            sound.setframerate(8_000)
            sound.writeframes(b"\x80" * 8_000 * seconds)
        return file.getvalue()


def test_clocks_go_by_the_servers_time(desk: Desk) -> None:
    line = own_line()
    for seconds in (100, 2 * 3600 + 100):
        answered = timezone.now() - timedelta(seconds=seconds)
        missed(status="IN PROGRESS", precedence=40, sip=line, answered_at=answered, start_time=answered)
    visit = desk("/admin/desk/")
    visit.context.add_init_script("const plain = Date.now; Date.now = () => plain() + 3_600_000;")
    visit.page.goto(visit.page.url)

    expect(visit.page.locator(".desk-clock").first).to_have_text(re.compile(r"^\d:\d\d$"))
    expect(visit.page.locator(".desk-clock").last).to_have_text(re.compile(r"^2:0\d:\d\d$"))


def test_a_desk_in_the_background_asks_on_where_its_reader_wants_to_be_called(desk: Desk) -> None:
    visit = desk("/admin/desk/")
    visit.context.add_init_script(
        "Object.defineProperty(Document.prototype, 'hidden', { get: () => true });"
        "localStorage.setItem('desk.notification', 'on')"
    )
    visit.page.goto(visit.page.url)

    for _question in range(3):
        with visit.page.expect_response("**/desk/changes?**"):
            pass


def test_one_answer_that_fails_does_not_stop_the_desk(desk: Desk) -> None:
    visit = desk("/admin/desk/")
    visit.page.route("**/desk/changes?**", lambda route: route.fulfill(status=502, body="Bad gateway"))
    expect(visit.page.locator("#desk-banner")).to_contain_text("The server cannot be reached")
    visit.page.unroute("**/desk/changes?**")

    missed()

    expect(visit.page.locator("[data-entry]")).to_have_count(1)
    expect(visit.page.locator("#desk-banner")).to_be_hidden()
    visit.problems.clear()  # the answer that failed
