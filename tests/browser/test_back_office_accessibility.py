"""The whole back-office passes the checker axe (WCAG 2.2, A and AA) in both languages, in light and dark, and fits a telephone.

Each page is read once. Colours are judged in English, as they do not depend on the words; in dark ones they alone, as the rest is the same. A page
begins in the colours of the one before.
"""

from collections.abc import Callable, Iterator, Sequence

import every_page
import make
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser.visit import STILL, Visit
from django.contrib.auth.models import User
from playwright.sync_api import expect

from calls.models import Call
from voipcrm import logins

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Visit]

LANGUAGES = ("en", "pl")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
COLOURS = ("color-contrast", "link-in-text-block")
TELEPHONE = 390
WEAR = """async (scheme) => {
    const root = document.documentElement;
    // Where a page gives no background of its own the checker takes it for white, in dark colours too.
    if ([root, document.body].every((box) => getComputedStyle(box).backgroundColor === "rgba(0, 0, 0, 0)")) root.style.background = "Canvas";
    if (!window.Alpine) return;
    Alpine.$data(root).adminTheme = scheme;
    await Alpine.nextTick();
}"""
IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
SEND_WITHOUT_TOKEN = """() => {
    for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = "";
    document.getElementsByName("new_password1")[0].form.submit();
}"""
JUDGE = """([rules, left, part]) => axe.run(part || document, {
        runOnly: rules, rules: Object.fromEntries(left.map((rule) => [rule, { enabled: false }])), resultTypes: ["violations"],
        preload: { assets: ["media"] },  // no rule that is run reads style sheets
    })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)))"""


@pytest.fixture(params=LANGUAGES)
def office(desk: Desk, request: pytest.FixtureRequest) -> Visit:
    """The overview, in one language, without anything that moves."""
    visit = desk("/admin/", locale=request.param, reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    visit.context.add_init_script(f"({STILL})()")
    visit.context.add_init_script(AXE_SCRIPT)
    visit.context.set_default_timeout(60_000)
    return visit


def show(visit: Visit, address: str) -> None:
    visit.page.goto(visit.page.evaluate("location.origin") + address, wait_until="load")
    settled(visit)


def settled(visit: Visit) -> None:
    visit.page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    visit.page.evaluate(STILL)


def findings(visit: Visit, *rules: str, without: Sequence[str] = (), part: str = "") -> list[str]:
    if not visit.page.evaluate("'axe' in window"):
        visit.page.evaluate(AXE_SCRIPT)
    found: list[str] = visit.page.evaluate(JUDGE, [rules or RULES, without, part])
    return found


def wear(visit: Visit, scheme: str) -> None:
    """By the system's choice, and by the reader's where there is one."""
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    visit.page.evaluate(WEAR, scheme)


def judged(visit: Visit, name: str, *, part: str = "") -> Iterator[str]:
    """All that is wrong with what the page shows now. part: a selector, where the rest has been judged."""
    if language(visit) == "en":
        for scheme in ("dark", "light") if visit.page.evaluate(IS_DARK) else ("light", "dark"):
            wear(visit, scheme)
            rules = COLOURS if scheme == "dark" else ()
            yield from (f"{name} in {scheme}: {found}" for found in findings(visit, *rules, part=part))
    else:
        yield from (f"{name}: {found}" for found in findings(visit, without=COLOURS, part=part))
    visit.page.set_viewport_size({"width": TELEPHONE, "height": 844})
    if (width := visit.page.evaluate("document.documentElement.scrollWidth")) > TELEPHONE:
        yield f"{name} is {width} wide on a telephone"
    visit.page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("kind", ["overviews", "lists", "records", "forms", "histories"])
def test_pages_violate_no_accessibility_rules_and_do_not_scroll_sideways(office: Visit, kind: str) -> None:
    wrong: list[str] = []
    for address in every_page.addresses(every_page.records())[kind]:
        show(office, address)
        wrong += judged(office, address)

    assert wrong == []


def test_dialogs_violate_no_accessibility_rules(office: Visit) -> None:
    records = every_page.with_dialogs(every_page.records())
    wrong: list[str] = []
    opened: set[str] = set()
    for record in records:
        show(office, f"{every_page.page_of(record)}change/")
        for opener in office.page.locator("a[hx-target='#modal-content']").all():
            if (name := every_page.dialog_at(str(opener.get_attribute("hx-get")))) in opened:
                continue
            opener.click()
            expect(office.page.locator("#dialog")).to_be_visible()
            wrong += judged(office, name, part="#dialog" if opened else "")  # behind it is a page that is judged above
            opened.add(name)
            office.page.keyboard.press("Escape")
            expect(office.page.locator("#dialog")).to_be_hidden()

    assert wrong == []
    assert opened == every_page.dialogs()
    assert len(opened) == 20


def test_filter_panels_violate_no_accessibility_rules(office: Visit) -> None:
    make.call()
    show(office, "/admin/calls/call/")
    office.page.get_by_role("button", name={"en": "Filters", "pl": "Filtry"}[language(office)], exact=True).click()
    expect(office.page.locator("#changelist-filter")).to_be_visible()
    wrong = list(judged(office, "filters"))
    office.page.keyboard.press("Escape")
    office.page.get_by_role("button", name="root").click()
    expect(office.page.locator("form[action$='/logout/']")).to_be_visible()
    wrong += judged(office, "account menu")
    show(office, "/admin/calls/call/")
    office.page.locator("#result_list [name=_selected_action]").first.check()
    office.page.evaluate(
        """() => { const form = document.getElementById("changelist-form"); form.action.value = "delete_selected"; form.submit() }"""
    )
    office.page.locator("input[name=post]").wait_for(state="attached")
    settled(office)

    assert [*wrong, *judged(office, "deleting several")] == []
    assert Call.objects.exists()


@pytest.mark.parametrize("name", ["sips/voip", "autocalls/autocall", "widgets/widget", "calls/followup", "auth/user"])
def test_forms_with_errors_violate_no_accessibility_rules(office: Visit, name: str) -> None:
    show(office, f"/admin/{name}/add/")
    with office.page.expect_navigation():
        office.page.evaluate("() => document.querySelector('[name=_save]').form.submit()")
    settled(office)
    expect(office.page.locator(".errornote, .errorlist, [aria-invalid=true]").first).to_be_visible()

    assert list(judged(office, name)) == []


def test_sign_in_pages_violate_no_accessibility_rules(office: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "MOST_OF_A_NAME", 2)
    office.context.clear_cookies()
    show(office, "/admin/")
    wrong = list(judged(office, "sign-in"))
    for _attempt in range(3):
        office.page.locator("[name=username]").fill("anna")
        office.page.locator("[name=password]").fill("wrong")
        with office.page.expect_navigation():
            office.page.locator("[name=password]").press("Enter")
        settled(office)
        wrong += judged(office, "sign-in refused")
        if office.page.locator("[name=username]").count() == 0:
            break

    expect(office.page.locator("h1")).to_contain_text({"en": "blocked", "pl": "zablokowane"}[language(office)])
    assert wrong == []
    office.problems.clear()  # the refusals themselves


def test_refusal_pages_violate_no_accessibility_rules(office: Visit) -> None:
    User.objects.update(is_superuser=False)
    wrong: list[str] = []
    for address in ("/admin/auth/user/", "/admin/nothing/", "/nothing"):
        show(office, address)
        wrong += judged(office, address)
    show(office, "/admin/password_change/")
    with office.page.expect_navigation():
        office.page.evaluate(SEND_WITHOUT_TOKEN)
    wrong += judged(office, "an old form")

    assert wrong == []
    office.problems.clear()  # the refusals themselves


def language(visit: Visit) -> str:
    return str(visit.page.evaluate("document.documentElement.lang"))


def test_the_accessibility_checker_sees_admin_pages(desk: Desk) -> None:
    visit = desk("/admin/")
    visit.page.evaluate("document.querySelector('h1').style.color = '#eee'")

    assert any(found.startswith("color-contrast") for found in findings(visit))


def test_a_telephone_shows_a_call_on_120_pixels(desk: Desk) -> None:
    line = make.sip(name="Anna Nowak")
    for number in range(5):
        make.call(
            kind="incoming", status="NO ANSWER", number_from=f"+4850150250{number}", number_to="+48221234567",
            voip=line.voip, sip=line, client_id=7,
        )  # fmt: skip
    visit = desk("/admin/calls/call/", viewport={"width": 390, "height": 844})

    rows = visit.page.locator("#result_list tr.data-row")

    expect(rows).to_have_count(5)
    heights = [box["height"] for row in rows.all() if (box := row.bounding_box())]
    assert max(heights) <= 120
