"""What is read from the replica, what never is, and when the primary is read in its stead."""

from collections.abc import Iterator

import make
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from staff import superuser

from calls.models import Call
from voipcrm.rest import replica
from voipcrm.rest.replica import Finding, Watch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def on_replica(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[CaptureQueriesContext]:
    """Of another connection to the test's database, which stands for a replica that has caught up: what it is asked."""
    monkeypatch.setattr(replica, "watch", Watch())
    options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
    connections.databases["replica"] = connection.settings_dict | {"OPTIONS": options, "CONN_MAX_AGE": 60}
    connections["replica"].connect()
    with CaptureQueriesContext(connections["replica"]) as asked:
        yield asked
    connections["replica"].close()
    del connections["replica"]
    del connections.databases["replica"]


def tables(asked: CaptureQueriesContext) -> set[str]:
    """Which of some tables were read."""
    text = " ".join(query["sql"] for query in asked.captured_queries)
    return {
        name for name in ("calls_call", "autocalls_autocall", "calls_note", "voipcrm_apitoken") if f'"{name}"' in text
    }


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/voip/calls.json", "calls_call"),
        ("/voip/autocalls.json", "autocalls_autocall"),
        ("/voip/notes.json", "calls_note"),
        ("/voip/stats.json?period=today", "calls_call"),
        ("/voip/calls.csv", "calls_call"),
    ],
)
def test_lists_figures_and_exports_are_read_from_the_replica(
    alice: APIClient, on_replica: CaptureQueriesContext, path: str, read: str
) -> None:
    make.note(call=make.call())

    with CaptureQueriesContext(connection) as on_primary:
        answer = alice.get(path)
        b"".join(answer)  # an export is read while it is sent

    assert answer.status_code == 200
    assert read in tables(on_replica)
    assert tables(on_primary) - {"voipcrm_apitoken"} == set()
    assert "voipcrm_apitoken" not in tables(on_replica)


def test_the_page_of_figures_and_an_export_of_the_admin_too(on_replica: CaptureQueriesContext) -> None:
    make.call()
    browser = superuser()

    for path in ("/admin/figures/", "/admin/calls/call/export.csv"):
        before = len(on_replica)
        assert b"".join(browser.get(path))
        assert any('"calls_call"' in query["sql"] for query in on_replica.captured_queries[before:]), path


def test_what_was_just_written_is_read_from_the_primary(alice: APIClient, on_replica: CaptureQueriesContext) -> None:
    made = alice.post("/voip/calls.json", {"number_from": "+48501502503", "kind": "incoming", "status": "NOANSWER"})
    path = f"/voip/calls/{made.json()['id']}.json"

    assert alice.get(path).status_code == alice.patch(path, {"description": "x"}).status_code == 200
    assert alice.get("/voip/calls.json", HTTP_CACHE_CONTROL="no-cache").json()["results"]

    assert tables(on_replica) == set()


def test_a_list_tells_how_old_it_may_be(alice: APIClient, on_replica: CaptureQueriesContext) -> None:
    assert alice.get("/voip/calls.json")["Replica-Lag"] == "0.0"
    assert "Replica-Lag" not in alice.get("/voip/calls.json", HTTP_CACHE_CONTROL="no-cache")


@pytest.mark.parametrize("state", ["late", "unreachable", "no_replica"])
def test_a_replica_that_is_not_close_is_not_read(
    alice: APIClient, on_replica: CaptureQueriesContext, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(replica.watch, "find", lambda: Finding(state))

    answer = alice.get("/voip/calls.json")

    assert (answer.status_code, "Replica-Lag" in answer, tables(on_replica)) == (200, False, set())
    assert alice.get("/healthz").json()["replica"] == state


def test_a_replica_that_fails_costs_nobody_an_answer(
    alice: APIClient, on_replica: CaptureQueriesContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.call()
    alice.get("/voip/calls.json")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [connections["replica"].connection.info.backend_pid])
    monkeypatch.setattr(connections["replica"], "health_check_done", True)  # it dies after it was looked at

    answer = alice.get("/voip/calls.json")

    assert (answer.status_code, len(answer.json()["results"]), "Replica-Lag" in answer) == (200, 1, False)
    assert alice.get("/healthz").json()["replica"] == "unreachable"


def test_a_record_of_the_replica_is_saved_to_the_primary(on_replica: CaptureQueriesContext) -> None:
    make.call()
    found = Call.objects.using("replica").get()
    found.description = "changed"

    found.save(update_fields=["description"])

    assert not any("UPDATE" in query["sql"] for query in on_replica.captured_queries)
    assert Call.objects.get().description == "changed"


def test_healthz_and_the_page_of_health_tell_of_the_replica(
    on_replica: CaptureQueriesContext, stranger: APIClient
) -> None:
    browser = superuser()

    told = stranger.get("/healthz").json()

    assert (told["replica"], told["replica_lag_seconds"]) == ("ok", 0.0)
    assert "at most 0.0 seconds behind" in browser.get("/admin/health/").content.decode()


def test_an_answer_of_the_primary_is_not_said_to_be_as_old_as_the_replica(
    alice: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "find", lambda: Finding("late", 5.0))

    assert replica.HEADER not in alice.get("/voip/calls.json").headers


@pytest.mark.parametrize(("replayed", "state"), [(99, "late"), (100, "ok"), (101, "ok")])
def test_a_replica_that_has_just_what_the_primary_had_written_is_close(replayed: int, state: str) -> None:
    watch = Watch()
    watch._positions.append((0.0, 100))

    assert watch._compare(replayed).state == state
