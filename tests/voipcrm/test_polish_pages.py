"""The back-office as somebody reads it who reads Polish: every page, form, dialog, refusal and history, and no English left on it.

A page is opened in both languages. What stands on it in the same words in both is English, unless it is a name or what somebody has written.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import every_page
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from staff import sign_in

from widgets.texts import TEXTS

pytestmark = pytest.mark.django_db

NAMES = {
    *(
        "voipcrm",
        "API",
        "CRM",
        "Status",
        "status",
        "Token",
        "token",
        "Widget",
        "widget",
        "Menu",
        "en",
        "pl",
        "esc",
        "POST",
    ),
    *("English", "polski", "español", "čeština", "українська"),
    *(
        "Telecube",
        "SuperVoIP",
        "Datera",
        "Zadarma",
        "Twilio",
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "Remote-Party-ID",
        "From",
    ),
    *("call_start", "call_end", "queue_start", "queue_hangup"),
    *("utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "iso8859-1", "iso8859-2"),
}
ROLES = ("Operator", "Supervisor", "Set-up", "Administrator")
"""Groups are named when the database is made, for whoever reads them."""
WRITTEN = {*every_page.WRITTEN, *TEXTS["pl"].values(), *ROLES, "root", "call", "telecube", "CSV", "XLSX"}
ENGLISH = re.compile(
    r"\b(the|is|are|of|and|with|can|not|this|that|it|for|was|were|be|has|have|there|your|you|at|an|been|will|must|which|what|when|"
    r"add|change|changed|delete|deleted|view|calls|added|no such|cannot|does|its|should)\b",
    re.IGNORECASE,
)
SHOWN = ("title", "aria-label", "placeholder", "alt", "label")


class Texts(HTMLParser):
    """What people read on a page, or have read out to them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0
        self._is_icon = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._hidden += tag in ("script", "style", "pre", "code", "textarea")
        self._is_icon = "material-symbols-outlined" in given.get("class", "")
        self.found += [given[name] for name in SHOWN if name in given]
        self.found += [
            value for name, value in given.items() if name.startswith("data-") and " " in value and name != "data-icons"
        ]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.found.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "pre", "code", "textarea")

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._is_icon:
            self.found.append(data)
        self._is_icon = False


def texts(html: str) -> set[str]:
    page = Texts()
    page.feed(html)
    told = {" ".join(text.split()) for text in page.found}
    return {text for text in told if re.search(r"[A-Za-z]{2}", text) and text not in NAMES and text not in WRITTEN}


def is_written(text: str) -> bool:
    """What people or machines have given: numbers, addresses, ids."""
    return bool(re.fullmatch(r"[\w.@:/+#-]*\d[\w.@:/+#() -]*", text)) or any(
        written in text for written in every_page.WRITTEN
    )


def links(html: str) -> set[str]:
    """Of a record's page: its dialogs, and the pages that its buttons lead to."""
    buttons = re.findall(r'href="(/admin/[^"?]+/preview/?)"', html)
    return {*re.findall(r'hx-get="([^"]+)"', html), *buttons} - {"/admin/search/"}


def pages_of(name: str, pk: object, client: Client) -> Iterator[tuple[str, str]]:
    """All pages about a record, with the answers to forms that are sent empty."""
    at = f"/admin/{name}/"
    page = f"{at}{pk}/change/"
    html = client.get(page).content.decode()
    yield page, html
    for address in (
        at,
        f"{at}?q=zzz",
        f"{at}add/",
        f"{at}{pk}/history/",
        f"{at}{pk}/delete/",
        f"{at}0/change/",
        *sorted(links(html)),
    ):
        yield address, client.get(address, follow=True).content.decode()
    for address in (f"{at}add/", page, *sorted(re.findall(r'hx-get="([^"]+)"', html))):
        if "search" not in address:
            yield f"POST {address}", client.post(address, {"start_time_0": "x"}).content.decode()
    yield f"action {at}", client.post(at, {"action": "delete_selected", "_selected_action": [pk]}).content.decode()


def english_on(pages: dict[str, str], in_english: dict[str, str]) -> dict[str, set[str]]:
    wrong = {}
    for address, html in pages.items():
        polish = texts(html)
        same = {text for text in polish & texts(in_english[address]) if not is_written(text)}
        mixed = {text for text in polish if ENGLISH.search(text) and not is_written(text)}
        if same | mixed:
            wrong[address] = same | mixed
    return wrong


@pytest.fixture
def both() -> dict[str, Client]:
    root = User.objects.create_superuser("root")
    return {language: sign_in(root, language=language) for language in ("pl", "en")}


@pytest.mark.parametrize("name", every_page.LISTS)
def test_no_english_is_left_on_the_pages_of_a_record(name: str, both: dict[str, Client]) -> None:
    record = every_page.records()[name]
    kind = ContentType.objects.get_for_model(record)
    for message in (
        "",
        '[{"added": {}}]',
        '[{"changed": {"fields": ["Active", "Description", "Name"]}, "token": "CRM"}]',
        "New token.",
        "Moved.",
    ):
        LogEntry.objects.create(
            user=User.objects.get(username="root"),
            content_type=kind,
            object_id=record.pk,
            action_flag=CHANGE,
            change_message=message,
        )

    read = {language: dict(pages_of(name, record.pk, client)) for language, client in both.items()}

    left = english_on(read["pl"], read["en"])
    assert {address: texts for address, texts in left.items() if texts - {getattr(record, "hint", "")}} == {}


def test_no_english_is_left_where_no_record_is_shown(both: dict[str, Client]) -> None:
    every_page.records()
    strangers = {language: Client(headers={"accept-language": language}) for language in both}
    addresses = (
        "/admin/",
        "/admin/calls/",
        "/admin/password_change/",
        "/admin/nothing/",
        "/nothing",
        "/admin/calls/call/?attention=xx",
    )

    read = {
        language: {address: client.get(address).content.decode() for address in addresses}
        | {"login": strangers[language].get("/admin/login/").content.decode()}
        | {"wrong": strangers[language].post("/admin/login/", {"username": "anna", "password": "x"}).content.decode()}
        | {"logout": client.post("/admin/logout/").content.decode()}
        for language, client in both.items()
    }

    assert english_on(read["pl"], read["en"]) == {}


def test_the_checker_does_see_english() -> None:
    page = "<p>Zapisano.</p><p>Saved well.</p><p>Pole is wrong</p>"

    assert english_on({"/": page}, {"/": "<p>Saved.</p><p>Saved well.</p>"}) == {"/": {"Saved well.", "Pole is wrong"}}
