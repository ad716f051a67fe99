"""`widget_data` as the server has it answered: on its event loop where it is prepared, and otherwise by a thread."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

import make
import pytest
from asgiref.typing import HTTPScope
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from autocalls import prepared
from sips.models import Voip
from voipcrm.loop_connections import LoopConnections
from voipcrm.widget_path import WIDGET_DATA, answer_widget_data
from voipcrm.wsgi_request import environ_of
from widgets.models import Widget

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "https://shop.example.com"
Told = HttpResponse | None


def close_threads_own() -> None:
    connection.close()


@pytest.fixture
def widget() -> Iterator[Widget]:
    yield make.widget(voip=make.voip(number="+48221234567"), locale="en")
    prepared._prepared.clear()


def prepare(widget: Widget, **headers: str) -> Any:
    return Client().get(WIDGET_DATA, {"widget_token": widget.token}, headers={"host": "127.0.0.1", **headers})


def ask(widget: Widget, more: str = "", method: str = "GET", **headers: str) -> Told:
    """What the event loop answers; None: it leaves that to a thread."""
    given = {"host": "127.0.0.1"} | headers
    scope = {
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": WIDGET_DATA,
        "query_string": f"widget_token={widget.token}{more}".encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 5060),
        "server": ("127.0.0.1", 8000),
    }
    environ = environ_of(cast("HTTPScope", scope), b"")

    async def story() -> Told:
        with ThreadPoolExecutor(1) as threads:
            connections = LoopConnections(threads, most=1)
            try:
                return await answer_widget_data(environ, connections)
            finally:
                for idle in connections._idle:
                    idle.close()
                    await connections.in_thread(idle.django.close)
                await connections.in_thread(close_threads_own)

    return asyncio.run(story())


def test_a_prepared_answer_is_told_as_by_a_thread(widget: Widget) -> None:
    by_thread = prepare(widget)

    told = ask(widget)

    assert told is not None
    assert (told.status_code, told.content) == (200, by_thread.content)
    same = ("ETag", "Cache-Control", "Content-Type", "X-Content-Type-Options", "Referrer-Policy")
    assert {name: told[name] for name in same} == {name: by_thread[name] for name in same}
    assert told["X-Request-ID"]


@pytest.mark.parametrize("if_none_match", ["", "known"])
def test_a_cache_learns_that_pages_of_other_origins_get_other_headers(widget: Widget, if_none_match: str) -> None:
    """Also from a request without an origin, and from a 304: else a proxy gives what it kept to a page that may not read it then."""
    etag = prepare(widget)["ETag"]

    told = ask(widget, if_none_match=etag) if if_none_match else ask(widget)

    assert told is not None
    assert {name.strip().lower() for name in told["Vary"].split(",")} >= {"origin", "accept-encoding"}


def test_who_has_it_is_told_that_it_is_unchanged(widget: Widget) -> None:
    known = prepare(widget)["ETag"]

    told = ask(widget, if_none_match=known)

    assert told is not None
    assert (told.status_code, told.content, told["ETag"]) == (304, b"", known)


def test_a_page_of_any_origin_may_read_it_once_the_origin_is_noted(widget: Widget) -> None:
    prepare(widget)

    assert ask(widget, origin=ORIGIN) is None
    prepare(widget, origin=ORIGIN)
    told = ask(widget, origin=ORIGIN)

    assert told is not None
    assert told["Access-Control-Allow-Origin"] == ORIGIN
    assert "origin" in told["Vary"]


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ("", {"method": "POST"}),
        ("", {"method": "HEAD"}),
        ("", {"method": "BREW"}),
        ("", {"host": "attacker.example.com"}),
        ("x", {}),
        ("%00", {}),
        ("&locale=pl", {}),
    ],
)
def test_an_odd_request_is_left_to_a_thread(widget: Widget, more: str, options: dict[str, str]) -> None:
    prepare(widget)

    assert ask(widget, more, **options) is None


Change = Callable[[Widget], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda widget: Widget.objects.update(color="#000000"),
        lambda widget: Widget.objects.update(active=False),
        lambda widget: Widget.objects.update(token="another"),
        lambda widget: Widget.objects.update(form_token_required=True),
        lambda widget: Voip.objects.update(number="+48227654321"),
        lambda widget: make.autocall(
            widget=widget, slot_at=timezone.now() + timedelta(hours=1), call_at=timezone.now()
        ),
    ],
)
def test_what_has_changed_since_is_never_told(widget: Widget, change: Change) -> None:
    prepare(widget)
    assert ask(widget) is not None

    change(widget)

    assert ask(widget) is None


@pytest.mark.parametrize("change", ["active", "form_token_required"])
def test_what_is_not_for_everybody_is_left_to_a_thread(widget: Widget, change: str) -> None:
    Widget.objects.update(**{change: change != "active"})
    prepare(widget)

    assert ask(widget) is None


def test_it_is_logged_by_whoever_answers_it(widget: Widget, caplog: pytest.LogCaptureFixture) -> None:
    prepare(widget)
    caplog.clear()

    with caplog.at_level(logging.INFO, "voipcrm.access"):
        ask(widget, "x")
        assert lines(caplog) == []
        ask(widget)

    assert lines(caplog) == [("widget-data", 200)]


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    written: list[Any] = [record for record in caplog.records if record.name == "voipcrm.access"]
    return [(record.view, record.status) for record in written]
