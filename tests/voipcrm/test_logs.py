import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from voipcrm.logs import WithoutPath, logging_config, redact
from voipcrm.models import ApiToken

SECRET = "vcrm_" + "Q7" * 20


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured formatter writes of everything that is logged."""
    output = io.StringIO()
    written = logging.StreamHandler(output)
    formatter = dict(logging_config("DEBUG")["formatters"]["json"])
    written.addFilter(WithoutPath())
    written.setFormatter(logging.config.DictConfigurator({"version": 1}).configure_custom(formatter))
    root = logging.getLogger()
    root.addHandler(written)
    yield output
    root.removeHandler(written)


def events(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (f"GET /voip/calls.json?api_token={SECRET}&per_page=1", "GET /voip/calls.json?api_token=…&per_page=1"),
        (f"Bearer {SECRET}", "Bearer vcrm_…"),
        ("/voip/webhooks/telecube/aB-_9/call_end/", "/voip/webhooks/telecube/…/call_end/"),
        ("/voip/webhooks/telecube/aB-_9?x=1", "/voip/webhooks/telecube/…?x=1"),
        ("visitor_token=abc:def; form_token=x", "visitor_token=… form_token=…"),
        ("password=hunter2&api_key=k", "password=…&api_key=…"),
        ("nothing secret", "nothing secret"),
        ("//voip/webhook/telecube/aB-_9aB-_9aB-_9aB-_9aB-_9aB-_9aa/", "//voip/webhook/telecube/…/"),
        ("request 0123456789abcdef0123456789abcdef", "request 0123456789abcdef0123456789abcdef"),
    ],
)
def test_secrets_are_taken_out_of_a_text(text: str, safe: str) -> None:
    assert redact(text) == safe


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_id_and_without_its_address(lines: io.StringIO, stranger: APIClient) -> None:
    stranger.get("/voip/calls/17.json", HTTP_X_REQUEST_ID="abc")

    [line] = [event for event in events(lines) if event["logger"] == "voipcrm.access"]
    assert {name: line[name] for name in ("request_id", "method", "view", "status", "level")} == {
        "request_id": "abc", "method": "GET", "view": "call-detail", "status": 401, "level": "info",
    }  # fmt: skip
    assert "17" not in json.dumps(
        {name: value for name, value in line.items() if name not in {"milliseconds", "timestamp"}}
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "calls.json",
        "calls.json?colour=1",
        "calls/5.json",
        "nothing.json",
        "widget_data.json?x=1",
        "calls.json?cursor=x",
    ],
)
def test_a_token_never_reaches_the_log(lines: io.StringIO, stranger: APIClient, path: str) -> None:
    _token, secret = ApiToken.objects.issue(User.objects.create_superuser("root"), name="crm")

    for name in ("api_token", "api%5Ftoken"):
        stranger.get(f"/voip/{path}{'&' if '?' in path else '?'}{name}={secret}")
    stranger.get(f"/voip/{path}", HTTP_AUTHORIZATION=f"Bearer {secret}")

    assert lines.getvalue()
    assert secret.removeprefix("vcrm_") not in lines.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "logged"), [(SECRET, "vcrm_…"), ("vcrm_a7", "vcrm_…"), ("Q7" * 20, "…"), ("Order-17", "Order-17")]
)
def test_a_secret_given_as_the_id_of_a_request_is_not_logged(
    lines: io.StringIO, stranger: APIClient, given: str, logged: str
) -> None:
    stranger.get("/nowhere", HTTP_X_REQUEST_ID=given)

    [line] = [event for event in events(lines) if event["logger"] == "voipcrm.access"]
    assert (line["request_id"], line["view"]) == (logged, None)


@pytest.mark.django_db
def test_an_exceptions_traceback_is_redacted(
    lines: io.StringIO, alice: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError(f"could not fetch https://pbx.example.com/?api_token={SECRET}")

    monkeypatch.setattr("calls.services.record_call", fail)
    alice.raise_request_exception = False

    alice.post("/voip/calls.json", {"number_from": "100"})

    [line] = [event for event in events(lines) if "exception" in event]
    assert "RuntimeError" in line["exception"]
    assert SECRET not in lines.getvalue()


@pytest.mark.django_db
def test_a_webhooks_secret_never_reaches_the_log(lines: io.StringIO, stranger: APIClient) -> None:
    secret = make.voip().webhook_secret

    for path in (
        f"telecube/{secret}/call_end/",
        f"datera/{secret}/",
        f"telecube/{secret}/a/b/c",
        f"telecube/{secret}x",
    ):
        stranger.post(f"/voip/webhooks/{path}", {})
    stranger.delete(f"/voip/webhooks/telecube/{secret}/")

    assert '"status": 405' in lines.getvalue()
    assert secret not in lines.getvalue()


def test_nested_values_are_redacted_and_stay_json(lines: io.StringIO) -> None:
    class Address:
        def __str__(self) -> str:
            return f'"/voip/webhooks/telecube/{SECRET}"'

    logging.getLogger("x").warning(
        'quoted "/voip/webhooks/telecube/%s" said %s',
        SECRET,
        "\\",
        extra={"a": {"b": [SECRET, Address(), ("api_token=" + SECRET,)], SECRET: True}, "n": 1.5},
    )

    [line] = events(lines)
    assert SECRET not in lines.getvalue()
    assert (line["a"]["b"][0], line["a"]["vcrm_…"], line["n"]) == ("vcrm_…", True, 1.5)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/voip/webhook/simulator/{}/",
        "//voip/webhooks/simulator/{}/",
        "/voip/webhooks//simulator/{}/",
        "/VOIP/webhooks/simulator/{}/call_end/",
        "/voip/webhooks/simulator/{}/a/b/c",
        "/webhooks/simulator/{}",
        "/voip/webhooks/simulator/{}/501502503",
        "/voip/calls/501502503/x",
        "/admin/501502503/",
    ],
)
def test_a_mistyped_address_is_not_logged(lines: io.StringIO, stranger: APIClient, path: str) -> None:
    secret = make.voip(provider="simulator").webhook_secret

    for method in ("GET", "POST", "DELETE"):
        stranger.generic(method, path.format(secret), "{}", content_type="application/json")

    assert "voipcrm.access" in lines.getvalue()
    assert secret not in lines.getvalue()
    assert "501502503" not in lines.getvalue()


@pytest.mark.django_db
def test_a_fault_is_logged_with_its_traceback_and_without_the_path(
    lines: io.StringIO, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make.voip(provider="simulator").webhook_secret
    monkeypatch.setattr("integrations.webhooks.addressee.fetch_one", None)
    client.raise_request_exception = False

    client.post(f"/voip/webhooks/simulator/{secret}/501502503/")

    [line] = [event for event in events(lines) if event["logger"] == "django.request"]
    assert line["event"] == "Internal Server Error: webhook"
    assert "NoneType" in line["exception"]
    assert secret not in str(line)
    assert "501502503" not in str(line)


@pytest.mark.parametrize(
    ("host", "told"), [("evil.example.com", "evil.example.com"), ("a b<script>", "…"), ("x" * 500, "…")]
)
def test_a_host_that_is_not_ours_is_one_short_line(
    lines: io.StringIO, stranger: APIClient, host: str, told: str
) -> None:
    assert stranger.get("/healthz", HTTP_HOST=host).status_code == 400

    [line] = [event for event in events(lines) if event["logger"].startswith("django.")]
    assert (line["event"], line["host"], "exception" in line) == ("DisallowedHost", told, False)
