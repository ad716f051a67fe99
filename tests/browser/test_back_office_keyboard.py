"""The back-office worked with the keyboard alone: filters, account menu and every dialog."""

from collections.abc import Callable

import every_page
import make
import pytest
from browser.visit import STILL, Visit
from playwright.sync_api import ElementHandle, Locator, expect

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Visit]
MOST_STOPS = 60
STOPS = """box => [...box.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")]
    .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility()).length"""


def found(place: Locator) -> ElementHandle:
    """Looked for once, not after every key."""
    element = place.element_handle()
    assert element is not None
    return element


def is_inside(box: ElementHandle) -> bool:
    return bool(box.evaluate("box => box.contains(document.activeElement)"))


def tab_to(visit: Visit, target: Locator) -> None:
    element = found(target)
    for _ in range(MOST_STOPS):
        if element.evaluate("element => element === document.activeElement"):
            return
        visit.page.keyboard.press("Tab")
    raise AssertionError("not reached with the Tab key")


def test_filters_and_the_account_menu_are_reached_with_the_keyboard_alone(desk: Desk) -> None:
    visit = desk("/admin/calls/call/")
    keys = visit.page.keyboard
    button, apply = (visit.page.get_by_role("button", name=name) for name in ("Filters", "Apply Filters"))
    visit.page.locator("#searchbar").focus()

    keys.press("Tab")
    expect(button).to_be_focused()
    keys.press("Enter")
    expect(apply).to_be_visible()
    keys.press("Escape")
    expect(apply).to_be_hidden()
    expect(button).to_be_focused()
    visit.page.get_by_role("button", name="root").focus()
    keys.press("Space")

    expect(visit.page.get_by_role("button", name="Log out")).to_be_visible()


def test_open_filters_hold_the_focus_and_are_applied_with_the_keyboard(desk: Desk) -> None:
    make.call(start_time="2026-03-10T12:00:00Z")
    make.call(start_time="2026-03-12T12:00:00Z")
    visit = desk("/admin/calls/call/")
    keys = visit.page.keyboard
    panel = visit.page.locator("#changelist-filter")
    visit.page.get_by_role("button", name="Filters").press("Enter")

    expect(panel).to_be_visible()
    visit.page.wait_for_function("document.getElementById('changelist-filter').contains(document.activeElement)")
    box = found(panel)
    for _ in range(MOST_STOPS):
        keys.press("Tab")
        assert is_inside(box)
    tab_to(visit, panel.locator("[name=start_time_from]"))
    keys.type("11.03.2026")
    keys.press("Enter")

    expect(visit.page.locator("#result_list tr.data-row")).to_have_count(1)


def test_every_dialog_takes_the_focus_holds_it_and_gives_it_back(desk: Desk) -> None:
    records = every_page.with_dialogs(every_page.records())
    visit = desk("/admin/")
    visit.context.add_init_script(f"({STILL})()")  # every key would be followed by frames of what fades
    keys = visit.page.keyboard
    seen: set[str] = set()
    for record in records:
        visit.page.goto(f"{visit.page.evaluate('location.origin')}{every_page.page_of(record)}change/")
        for opener in visit.page.locator("a[hx-target='#modal-content']").all():
            name = every_page.dialog_at(str(opener.get_attribute("hx-get")))
            if name in seen:
                continue
            seen.add(name)
            tab_to(visit, opener)
            keys.press("Enter")
            dialog = visit.page.locator("#dialog")
            expect(dialog).to_be_visible()
            visit.page.wait_for_function("document.getElementById('dialog').contains(document.activeElement)")
            box = found(dialog)
            stops = box.evaluate(STOPS)
            assert stops > 1, name
            for key in ("Tab", "Shift+Tab"):
                for _ in range(stops + 1):  # once around
                    keys.press(key)
                    assert is_inside(box), (name, key)
            keys.press("Escape")
            expect(dialog).to_be_hidden()
            expect(opener).to_be_focused()

    assert seen == every_page.dialogs()
