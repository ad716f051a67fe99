"""Everybody can use it: the checker axe finds nothing in any state, and the keyboard alone is enough."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser import pages
from browser.desk import call_is, open_only, request_is, requested
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from calls.statuses import Status

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

COLORS = ["#ffffff", "#767676", "#ffde00", "#e8590c"]
CONSENT = "I agree to be called about my question."


def assert_accessible(visited: Visit) -> None:
    """The checker looks at what the page shows now; where it is not sure of a contrast, that counts as a finding."""
    if not visited.page.evaluate("'axe' in window"):
        visited.page.evaluate(AXE_SCRIPT)
    found = visited.page.evaluate(
        """axe.run("voipcrm-callback", { resultTypes: ["violations"] }).then(({ violations, incomplete, passes }) => ({
            wrong: [...violations, ...incomplete.filter((rule) => rule.id === "color-contrast")],
            right: passes.map((rule) => rule.id),
        }))"""
    )
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["wrong"]] == []
    assert "button-name" in found["right"]


def shop(**fields: Any) -> Any:
    words = {"consent_text": CONSENT, "description": "We gladly help.", "voip": make.voip(number="+48221234567")}
    return make.widget(**words | fields)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_state_of_the_button_violates_accessibility_rules(visit: Begin, scheme: str, width: int) -> None:
    visited = visit(shop(), color_scheme=scheme, viewport={"width": width, "height": 800})
    expect(visited.button).to_be_visible()
    assert_accessible(visited)  # closed
    visited.open()
    assert_accessible(visited)  # a call now
    visited.choose("Later")
    visited.dialog.locator("[name=call_at]").nth(1).check()
    assert_accessible(visited)  # booking
    visited.ask("12")
    assert_accessible(visited)  # with mistakes in it
    visited.choose("Now")
    visited.dialog.get_by_label(CONSENT).check()
    visited.get_promise()
    assert_accessible(visited)  # under way
    call_is(Status.RINGING)
    expect(visited.status).to_contain_text("rings now")
    assert_accessible(visited)
    request_is("done")
    expect(visited.status).to_contain_text("Thank you")
    assert_accessible(visited)  # over


def test_the_accessibility_checker_sees_into_the_shadow_root(visit: Begin) -> None:
    visited = visit(shop())
    visited.open()
    visited.submit.evaluate("(button) => { button.style.color = getComputedStyle(button).backgroundColor }")

    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(visited)


@pytest.mark.parametrize("color", COLORS)
def test_texts_are_readable_on_whatever_color_was_chosen(visit: Begin, color: str) -> None:
    visited = visit(shop(color=color))
    visited.open()
    visited.choose("Later")
    visited.dialog.locator("[name=call_at]").nth(1).check()

    assert_accessible(visited)


def test_closed_and_refused_states_violate_no_accessibility_rules(visit: Begin) -> None:
    visited = visit(shop(opening_time=open_only(in_2=[["09:00", "10:00"]]), call_future=False))
    visited.button.click()
    expect(visited.dialog.get_by_text("The office is closed now.")).to_be_visible()

    assert_accessible(visited)


def book_by_keyboard(visited: Visit) -> None:
    keys = visited.page.keyboard
    keys.press("Enter")
    expect(visited.number).to_be_focused()
    keys.type("501502503")
    keys.press("Tab")
    keys.press("ArrowRight")  # from now to later
    keys.press("Tab")
    expect(visited.dialog.get_by_label("Day")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.press("Space")  # the first time of that day
    for _field in ("name", "note", "consent"):
        keys.press("Tab")
    keys.press("Space")
    keys.press("Tab")
    keys.press("Enter")


def test_the_keyboard_alone_is_enough(visit: Begin) -> None:
    visited = visit(shop())
    expect(visited.button).to_be_visible()
    keys = visited.page.keyboard
    visited.page.get_by_role("link", name="More").focus()

    keys.press("Tab")
    expect(visited.button).to_be_focused()
    book_by_keyboard(visited)

    expect(visited.status).to_contain_text("Your call is booked")
    expect(visited.dialog.get_by_role("heading")).to_be_focused()
    assert requested().consent_at is not None
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(visited.status).to_contain_text("The call is canceled.")
    keys.press("Escape")
    expect(visited.dialog).not_to_be_visible()
    expect(visited.button).to_be_focused()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_box_of_the_consent_stands_beside_its_text(visit: Begin, width: int) -> None:
    visited = visit(shop(consent_text=CONSENT * 4), viewport={"width": width, "height": 800})
    visited.open()

    box = visited.dialog.locator("#consent").bounding_box()
    text = visited.dialog.locator(".check span").bounding_box()

    assert box
    assert text
    assert box["x"] + box["width"] < text["x"]
    assert abs(box["y"] - text["y"]) <= 4
    assert box["width"] == box["height"] == 22


@pytest.mark.parametrize(
    ("color", "ink"), [("#1a73e8", "255, 255, 255"), ("#1b74e8", "0, 0, 0"), ("#000000", "255, 255, 255")]
)
def test_texts_are_white_wherever_white_is_read_well(visit: Begin, color: str, ink: str) -> None:
    visited = visit(make.widget(color=color))

    expect(visited.button).to_have_css("color", f"rgb({ink})")


@pytest.mark.parametrize("over", ["backdrop", "sheet", "heading"])
def test_the_page_behind_the_dialog_does_not_scroll(visit: Begin, live_server: LiveServer, over: str) -> None:
    tall = pages.page(pages.line(live_server.url, make.widget().token), "<p style='height:9000px'>Lamps</p>")
    visited = visit(html=tall)
    visited.open()
    if over == "sheet":
        visited.choose("Later")  # its times scroll
    x, y = {"backdrop": (10, 10)}.get(over, (0, 0))
    if over != "backdrop":
        box = visited.dialog.get_by_role("heading" if over == "heading" else "radiogroup").bounding_box()
        assert box
        x, y = int(box["x"] + 20), int(box["y"] + 20)

    visited.page.mouse.move(x, y)
    for _turn in range(8):
        visited.page.mouse.wheel(0, 2000)
    visited.dialog.get_by_role("button", name="Close").focus()
    for key in ("PageDown", "ArrowDown", "End"):
        visited.page.keyboard.press(key)
    visited.number.focus()
    visited.page.keyboard.press("PageDown")
    visited.page.wait_for_timeout(300)

    assert visited.page.evaluate("scrollY") == 0
    visited.page.keyboard.press("Escape")
    visited.page.mouse.wheel(0, 2000)
    visited.page.wait_for_function("scrollY > 0")


def test_enter_in_a_field_sends_the_form(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.number.fill("501502503")

    visited.number.press("Enter")

    expect(visited.status).to_contain_text("We are preparing your call")


def test_the_focus_stays_in_the_dialog_both_ways_round(visit: Begin) -> None:
    visited = visit(shop())
    visited.open()
    close = visited.dialog.get_by_role("button", name="Close")
    phone = visited.dialog.get_by_role("link")

    close.focus()
    visited.page.keyboard.press("Shift+Tab")
    expect(phone).to_be_focused()
    visited.page.keyboard.press("Tab")
    expect(close).to_be_focused()


def test_the_dialog_says_what_it_is_and_where_the_focus_belongs(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    dialog = visited.page.get_by_role("dialog", name="We will call you back")

    expect(dialog).to_have_attribute("aria-modal", "true")
    expect(visited.button).to_have_attribute("aria-haspopup", "dialog")
    expect(dialog.get_by_role("status")).to_have_count(1)
    expect(dialog.get_by_role("alert")).to_have_count(1)
    visited.dialog.get_by_role("button", name="Close").click()
    expect(visited.button).to_be_focused()


def test_a_press_outside_closes_and_keeps_what_was_written(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.number.fill("501")

    visited.page.mouse.click(10, 10)
    expect(visited.dialog).not_to_be_visible()
    visited.open()

    assert visited.number.input_value() == "501"


def test_hidden_parts_are_not_read_out(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()

    assert "website" not in visited.dialog.aria_snapshot()
    expect(visited.dialog.locator("[name=website]")).not_to_be_visible()


@pytest.mark.parametrize(("preference", "moves"), [("reduce", False), ("no-preference", True)])
def test_animations_respect_reduced_motion(visit: Begin, preference: str, moves: bool) -> None:
    visited = visit(make.widget(), reduced_motion=preference)
    visited.open()
    visited.get_promise()
    call_is(Status.DIALING)

    expect(visited.dialog.locator("i.now")).to_have_css("animation-name", "now" if moves else "none")


def test_choices_are_visible_with_forced_colors(visit: Begin) -> None:
    visited = visit(make.widget(), forced_colors="active")
    visited.open()

    expect(visited.dialog.locator("[value=now] + span")).to_have_css("outline-style", "solid")
    expect(visited.dialog.locator("[value=later] + span")).to_have_css("outline-style", "none")


def test_on_a_small_screen_everything_fits(visit: Begin) -> None:
    visited = visit(shop(), viewport={"width": 320, "height": 480}, has_touch=True, is_mobile=True)
    visited.open()
    visited.choose("Later")

    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 320
    sheet = visited.dialog.locator(".sheet")
    assert sheet.evaluate("(sheet) => sheet.scrollWidth <= sheet.clientWidth")
    visited.submit.scroll_into_view_if_needed()
    expect(visited.submit).to_be_in_viewport()
    small = [
        box
        for each in visited.dialog.locator("button:visible, select:visible, .choice:visible").all()
        if (box := each.bounding_box())
    ]
    assert all(box["height"] >= 40 for box in small)
