import io
import json
from typing import Any

import make
import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from resources import at_fault, send
from rest_framework.test import APIClient

from sips.models import Sip
from voipcrm import middleware
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret() -> str:
    return ApiToken.objects.issue(User.objects.create_superuser("root"), name="crm")[1]


@pytest.mark.parametrize("name", ["api_token", "api%5Ftoken", "api%5ftoken", "%61pi_token"])
def test_a_token_in_the_url_stays_out_of_links(stranger: APIClient, secret: str, name: str) -> None:
    for _ in range(3):
        make.call(status="BUSY")

    first = stranger.get(f"/voip/calls.json?per_page=1&{name}={secret}&status=BUSY").json()
    second = stranger.get(first["next"], HTTP_AUTHORIZATION=f"Bearer {secret}").json()

    assert len(first["results"]) == 1
    assert "status=BUSY" in first["next"]
    assert secret not in json.dumps([first, second])


def test_a_token_in_the_url_leaves_the_other_parameters(stranger: APIClient, secret: str) -> None:
    make.call(status="BUSY")
    make.call(status="FAILED")

    found = stranger.get(f"/voip/calls.json?status=BUSY&api_token={secret}&per_page=9").json()["results"]

    assert [call["status"] for call in found] == ["BUSY"]


def test_every_token_in_the_url_is_taken_out(rf: RequestFactory) -> None:
    request = rf.get("/voip/calls.json?api_token=one&q=api_token&api_token=two")

    next(middleware.token_out_of_url(request))

    assert (request.META["QUERY_STRING"], request.META["HTTP_AUTHORIZATION"]) == ("q=api_token", "Bearer one")


@pytest.mark.parametrize(
    "path", ["/voip/calls.json", "/voip/widget_data.json", "/voip/nothing", "/healthz", "/voip/schema/"]
)
def test_no_answer_passes_its_address_on(alice: APIClient, path: str) -> None:
    assert alice.get(path)["Referrer-Policy"] == "no-referrer"


def test_a_request_keeps_its_callers_plain_id(alice: APIClient) -> None:
    assert alice.get("/healthz", HTTP_X_REQUEST_ID="abc-1.2_3")["X-Request-ID"] == "abc-1.2_3"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "ż"])
def test_an_odd_request_id_is_replaced(alice: APIClient, given: str) -> None:
    answered = alice.get("/healthz", HTTP_X_REQUEST_ID=given)["X-Request-ID"]

    assert len(answered) == 32
    assert answered != given


def seen_address(settings: LazySettings, *, peer: str, forwarded: str = "", proxies: tuple[str, ...] = ()) -> str:
    settings.TRUSTED_PROXIES = list(proxies)
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    next(middleware.client_address(request))
    return middleware.address_of(request)


def test_without_a_proxy_nobody_chooses_his_own_address(settings: LazySettings) -> None:
    assert seen_address(settings, peer="192.0.2.1", forwarded="10.0.0.1") == "192.0.2.1"


def test_behind_proxies_the_last_foreign_hop_counts(settings: LazySettings) -> None:
    forged = "10.0.0.1, 198.51.100.7, 172.16.0.9"

    assert seen_address(settings, peer="172.16.0.1", forwarded=forged, proxies=("172.16.0.0/24",)) == "198.51.100.7"


def test_a_proxy_that_names_nobody_stands_for_itself(settings: LazySettings) -> None:
    assert seen_address(settings, peer="172.16.0.1", proxies=("172.16.0.0/24",)) == "172.16.0.1"


@pytest.mark.parametrize("garbage", ["unknown", "_hidden", "<script>", "1.2.3", "198.51.100.7:", ":80", "[]:80"])
def test_a_hop_that_is_no_address_belongs_to_no_network(settings: LazySettings, garbage: str) -> None:
    assert seen_address(settings, peer="172.16.0.1", forwarded=garbage, proxies=("172.16.0.1",)) == "0.0.0.0"


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[::ffff:198.51.100.7]:80", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("198.51.100.7, 172.16.0.1:80", "198.51.100.7"),
    ],
)
def test_a_hop_is_read_in_every_writing(settings: LazySettings, hop: str, address: str) -> None:
    assert seen_address(settings, peer="172.16.0.1", forwarded=hop, proxies=("172.16.0.1",)) == address


@pytest.mark.parametrize("method", ["BREW", "PROPFIND", "X" * 500])
def test_a_method_nobody_knows_is_refused_before_it_is_counted(stranger: APIClient, method: str) -> None:
    answer = stranger.generic(method, "/healthz")

    assert (answer.status_code, at_fault(answer)) == (405, ["detail"])
    assert "PATCH" in answer["Allow"]
    assert method.encode() + b'"' not in stranger.get("/metrics").content


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("TRACE", 405), ("OPTIONS", 405), ("DELETE", 405)])
def test_methods_of_http_reach_the_views(stranger: APIClient, method: str, status: int) -> None:
    answer = stranger.generic(method, "/healthz")

    assert (answer.status_code, answer.headers.get("Allow")) == (status, None if status == 200 else "GET, HEAD")


def test_a_unix_socket_has_no_address(settings: LazySettings) -> None:
    assert seen_address(settings, peer="") == "0.0.0.0"


def test_a_socket_of_both_families_tells_the_ipv4_address(settings: LazySettings) -> None:
    mapped = "::ffff:172.16.0.1"

    assert seen_address(settings, peer=mapped) == "172.16.0.1"
    assert seen_address(settings, peer=mapped, forwarded="::ffff:192.0.2.9", proxies=("172.16.0.0/24",)) == "192.0.2.9"


def post_chunked(client: APIClient, path: str, body: bytes) -> Any:
    """A body whose length nobody announced, as a server hands it over."""
    environ: dict[str, Any] = {
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    return send(client, "POST", path, b"", **environ)


def test_a_chunked_body_is_read(alice: APIClient) -> None:
    answer = post_chunked(alice, "/voip/sips.json", b'{"name": "Desk"}')

    assert (answer.status_code, Sip.objects.get().name) == (201, "Desk")


def test_a_chunked_body_without_an_end_is_too_large(alice: APIClient) -> None:
    assert post_chunked(alice, "/voip/sips.json", b'{"name": "' + b"x" * 2_000_000).status_code == 413


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "0x10", "٣", "9" * 19, " 1"])
def test_a_length_that_is_no_number_is_refused(alice: APIClient, length: str) -> None:
    answer = send(alice, "POST", "/voip/sips.json", b"{}", CONTENT_LENGTH=length)

    assert (answer.status_code, at_fault(answer)) == (400, ["detail"])


@pytest.mark.parametrize("length", ["", "0"])
def test_without_a_length_there_is_no_body(alice: APIClient, length: str) -> None:
    answer = send(alice, "POST", "/voip/sips.json", b'{"name": "x"}', CONTENT_LENGTH=length)

    assert (answer.status_code, at_fault(answer)) == (400, ["name"])


def test_a_length_shorter_than_the_body_cuts_it(alice: APIClient) -> None:
    answer = send(alice, "POST", "/voip/sips.json", b'{"name": "x"}', CONTENT_LENGTH="9")

    assert answer.status_code == 400


class TestTheWayOfAWebhook:
    def test_a_webhook_skips_the_middleware_for_browsers(self, stranger: APIClient) -> None:
        voip = make.voip()

        answer = stranger.post(f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/", {"call_id": "1"})

        assert answer.json() == {"status": "ok"}
        assert "Vary" not in answer.headers  # neither cookies nor languages were looked at
        assert (answer["Referrer-Policy"], answer["X-Content-Type-Options"]) == ("no-referrer", "nosniff")

    def test_a_webhook_is_logged_and_counted_by_its_view(
        self, stranger: APIClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        voip = make.voip()

        with caplog.at_level("INFO", "voipcrm.access"):
            stranger.post(f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/", {"call_id": "1"})

        assert [record.view for record in caplog.records] == ["webhook"]  # type: ignore[attr-defined]
        assert b'view="webhook"' in stranger.get("/metrics").content

    @pytest.mark.parametrize("path", ["/voip/webhooks/", "/voip/webhooks/telecube/", "/voip/webhooks/a/b/c/d/"])
    def test_an_address_that_is_none_is_answered_like_any_other(self, stranger: APIClient, path: str) -> None:
        answer = stranger.get(path)

        assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")

    def test_a_host_that_is_not_ours_is_refused(self, stranger: APIClient) -> None:
        voip = make.voip()

        address = f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/"

        assert stranger.post(address, {"call_id": "1"}, HTTP_HOST="evil.example.com").status_code == 400

    def test_a_fault_of_ours_is_a_500_in_json(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        voip = make.voip()
        monkeypatch.setattr("integrations.webhooks.addressee.fetch_one", None)
        client.raise_request_exception = False

        answer = client.post(f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/", {"call_id": "1"})

        assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")


@pytest.mark.parametrize(
    "path", ["/voip/docs/", "/voip/schema/", "/healthz", "/metrics", "/", "/admin/login/", "/voip/widget.js"]
)
@pytest.mark.parametrize("method", sorted(middleware.METHODS))
def test_no_method_of_a_public_page_is_a_fault_of_ours(client: Any, method: str, path: str) -> None:
    assert client.generic(method, path).status_code < 500


def test_password_guesses_occupy_one_thread_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "LOGIN_WAITS", 0.01)
    asked: list[int] = []

    def view(request: Any) -> Any:
        if not asked:  # while the first password is looked at, another one comes, and a page is asked for
            asked.append(0)
            asked.append(process(RequestFactory().post("/admin/login/")).status_code)
            asked.append(process(RequestFactory().get("/admin/login/")).status_code)
        return HttpResponse()

    process = middleware.one_login_at_a_time(view)

    assert process(RequestFactory().post("/admin/login/")).status_code == 200
    assert asked == [0, 429, 200]
    assert process(RequestFactory().post("/admin/login/")).status_code == 200


@pytest.mark.parametrize(("path", "zone"), [("/admin/calls/call/", "Europe/Warsaw"), ("/voip/calls.json", "UTC")])
def test_pages_for_staff_have_the_staffs_clock_and_the_api_has_none(
    settings: LazySettings, path: str, zone: str
) -> None:
    settings.STAFF_TIME_ZONE = "Europe/Warsaw"
    process = middleware.pages(lambda _request: HttpResponse(timezone.get_current_timezone_name()))

    assert process(RequestFactory().get(path)).content.decode() == zone
