"""Forms and dialogs of the back-office in a browser: sent once, never into an expired session, and never lost."""

from collections.abc import Callable

import make
import pytest
from browser.visit import Visit
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from autocalls.models import Autocall
from calls.models import Call, Via
from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Visit]


def missed() -> str:
    make.sip()
    call = make.call(kind="incoming", status="NO ANSWER", number_from="+48501502503", number_to="+48221234567")
    return f"/admin/calls/call/{call.pk}/change/"


def test_a_double_click_on_call_dials_once(desk: Desk) -> None:
    visit = desk(missed())
    visit.page.get_by_role("link", name="Call", exact=True).click()
    dialog = visit.page.get_by_role("dialog", name="Call")

    dialog.get_by_role("button", name="Call", exact=True).dblclick()

    expect(visit.page.get_by_text("queued").first).to_be_visible()
    assert Call.objects.filter(via=Via.SIP).count() == 1


def test_a_double_click_on_save_makes_one_record(desk: Desk) -> None:
    visit = desk("/admin/sips/sip/add/")
    visit.page.get_by_role("textbox", name="Name*").fill("Anna")

    visit.page.get_by_role("button", name="Save", exact=True).dblclick()

    expect(visit.page.get_by_text("was added successfully")).to_be_visible()
    assert Sip.objects.count() == 1


def test_a_dialog_takes_the_focus_keeps_it_and_gives_it_back(desk: Desk) -> None:
    visit = desk(missed())
    keys = visit.page.keyboard
    button = visit.page.get_by_role("link", name="Call", exact=True)
    button.focus()
    keys.press("Enter")
    dialog = visit.page.get_by_role("dialog", name="Call")
    expect(dialog.get_by_label("Line")).to_be_focused()

    for _turn in range(12):
        keys.press("Tab")
        assert visit.page.evaluate("document.getElementById('dialog').contains(document.activeElement)")
    for _turn in range(12):
        keys.press("Shift+Tab")
        assert visit.page.evaluate("document.getElementById('dialog').contains(document.activeElement)")
    keys.press("Escape")

    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_an_expired_session_keeps_what_was_typed_and_says_what_to_do(desk: Desk) -> None:
    call = make.call(description="")
    visit = desk(f"/admin/calls/call/{call.pk}/change/")
    stored = {row.pk: row.session_data for row in Session.objects.all()}
    cookies = visit.context.cookies()
    visit.page.get_by_label("Description").fill("wants two lamps")
    Session.objects.all().delete()

    visit.page.get_by_role("button", name="Save and continue editing").click()

    notice = visit.page.get_by_role("alert")
    expect(notice).to_contain_text("You are signed out by now.")
    expect(notice.get_by_role("link", name="Sign in in a new tab")).to_have_attribute("target", "_blank")
    expect(visit.page.get_by_label("Description")).to_have_value("wants two lamps")
    for key, session in stored.items():  # signed in again
        Session.objects.create(pk=key, session_data=session, expire_date="2130-01-01T00:00:00Z")
    visit.context.add_cookies(cookies)  # type: ignore[arg-type]  # as they were given
    visit.page.get_by_role("button", name="Save and continue editing").click()
    expect(visit.page.get_by_text("was changed successfully")).to_be_visible()
    call.refresh_from_db()
    assert call.description == "wants two lamps"


def test_a_button_in_an_expired_session_says_so_instead_of_an_empty_box(desk: Desk) -> None:
    visit = desk(missed())
    Session.objects.all().delete()

    visit.page.get_by_role("link", name="Call", exact=True).click()

    expect(visit.page.get_by_role("alert")).to_contain_text("You are signed out by now.")
    expect(visit.page.locator("#modal-content")).to_be_hidden()


def test_a_button_of_a_record_that_is_gone_says_so(desk: Desk) -> None:
    row = Autocall.objects.create(number="+48501502503", call_at="2130-03-10T12:00:00Z")
    visit = desk(f"/admin/autocalls/autocall/{row.pk}/change/")
    visit.page.get_by_role("link", name="Take it").click()
    dialog = visit.page.get_by_role("dialog", name="Take it")
    row.delete()

    dialog.get_by_role("button", name="Take it").click()

    expect(visit.page.get_by_role("alert")).to_contain_text("This record is no longer there.")
    visit.problems.clear()  # the 404 itself


def test_leaving_with_unsaved_text_is_warned_about(desk: Desk) -> None:
    call = make.call(description="")
    visit = desk(f"/admin/calls/call/{call.pk}/change/")
    visit.page.get_by_label("Description").fill("wants two lamps")
    warned: list[str] = []

    def stay(dialog: object) -> None:
        warned.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    visit.page.on("dialog", stay)
    visit.page.evaluate("setTimeout(() => { location.href = '/admin/' })")
    visit.page.wait_for_timeout(500)

    assert warned == ["beforeunload"]
    expect(visit.page.get_by_label("Description")).to_have_value("wants two lamps")


def test_a_configuration_shows_the_fields_of_its_provider_alone_also_without_scripts(desk: Desk) -> None:
    voip = make.voip(provider="simulator")
    page = desk(f"/admin/sips/voip/{voip.pk}/change/", java_script_enabled=False).page
    expect(page.locator("[name=api_login]")).to_be_hidden()

    page.locator("select[name=provider]").select_option("twilio")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.locator("[name=api_login]")).to_be_visible()


def test_choosing_a_provider_shows_its_fields_before_it_is_saved(desk: Desk) -> None:
    page = desk("/admin/sips/voip/add/").page
    expect(page.locator("[name=api_login]")).to_be_hidden()

    page.locator("select[name=provider]").select_option("twilio")

    expect(page.locator("[name=api_login]")).to_be_visible()


def test_the_page_of_health_keeps_itself_fresh(desk: Desk) -> None:
    make.voip(name="Warsaw", provider="simulator")
    visit = desk("/admin/health/")
    visit.page.evaluate("document.querySelector('#health a').focus(); window.isSamePage = true")

    Voip.objects.update(name="Gdynia")

    expect(visit.page.locator("#health")).to_contain_text("Gdynia", timeout=60_000)
    assert visit.page.evaluate("window.isSamePage")
    expect(visit.page.get_by_role("link", name="Refresh")).to_be_focused()
