"""Bodies that are forms, as browsers, Rails and curl send them."""

from typing import Any

import make
import pytest
from resources import RESOURCES, Resource, send
from rest_framework.test import APIClient

from sips.models import Sip
from widgets.models import Widget

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


def post(client: APIClient, path: str, form: str, **options: Any) -> Any:
    return send(client, "POST", path, form.encode(), FORM, **options)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("kind", [FORM, "multipart"])
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_every_resource_is_created_and_changed_by_a_form(
    alice: APIClient, resource: Resource, kind: str, wrapped: bool
) -> None:
    def sent(method: str, path: str, fields: dict[str, Any]) -> Any:
        named = {f"{resource.name}[{name}]" if wrapped else name: value for name, value in fields.items()}
        if kind == "multipart":
            return getattr(alice, method)(path, named, format="multipart")
        form = "&".join(f"{name}={str(value).replace('+', '%2B')}" for name, value in named.items())
        return send(alice, method.upper(), path, form.encode(), FORM)

    made = sent("post", resource.list, resource.body | {resource.text: "Łódź"})
    changed = sent("patch", resource.one(made.json()["id"]), {resource.text: "Kraków"})

    assert (made.status_code, made.json()[resource.text]) == (201, "Łódź")
    assert (changed.status_code, changed.json()[resource.text]) == (200, "Kraków")


def test_the_rails_writing_of_the_issue(alice: APIClient) -> None:
    answer = post(alice, "/voip/calls.json", "call[number_from]=%2B48501502503&call%5Bduration%5D=42")

    assert (answer.json()["number_from"], answer.json()["duration"]) == ("+48501502503", 42)


def test_a_call_is_asked_for_by_a_form(alice: APIClient) -> None:
    make.sip()

    assert post(alice, "/voip/calls/make_call.json", "sip=100&number_to=%2B48123456789").status_code == 201


def test_a_visitor_asks_by_a_form(stranger: APIClient) -> None:
    form = f"widget_token={make.widget().token}&autocall[number]=%2B48123456789&autocall[call_at]="

    assert post(stranger, "/voip/autocalls/create_from_widget", form).status_code == 201


def test_what_is_not_in_the_form_keeps_its_default(alice: APIClient) -> None:
    """DRF itself takes a missing check box for false."""
    assert post(alice, "/voip/sips.json", "name=Desk").json()["active"] is True


def test_an_empty_form_is_an_empty_body(alice: APIClient) -> None:
    line = make.sip()

    assert send(alice, "PATCH", f"/voip/sips/{line.pk}.json", b"", FORM).json()["active"] is True
    assert post(alice, "/voip/calls.json", "").status_code == 400


def test_an_empty_input_is_blank(alice: APIClient) -> None:
    call = make.call(duration=5, voip=make.voip(), description="x", status="BUSY")

    changed = send(
        alice, "PATCH", f"/voip/calls/{call.pk}.json", b"duration=&voip_id=&description=&status=", FORM
    ).json()

    assert [changed[name] for name in ("duration", "voip_id", "description", "status")] == [None, None, "", ""]


def test_a_check_box_and_its_hidden_input(alice: APIClient) -> None:
    forms = ("name=x&active=0&active=1", "name=x&active=1&active=0", "sip[name]=x&sip[active]=0&sip[active]=on")

    assert [post(alice, "/voip/sips.json", form).json()["active"] for form in forms] == [True, False, True]


@pytest.mark.parametrize(
    "hours",
    [
        'opening_time={"monday": [["09:00", "17:00"]]}',
        "opening_time[monday][0][0]=09:00&opening_time[monday][0][1]=17:00",
        "widget[opening_time][monday][0][]=09:00&widget[opening_time][monday][0][]=17:00",
    ],
)
def test_opening_hours_in_a_form(alice: APIClient, hours: str) -> None:
    name = "widget[name]=x" if hours.startswith("widget") else "name=x"

    answer = post(alice, "/voip/widgets.json", f"{name}&{hours}")

    assert answer.json()["opening_time"] == {"monday": [["09:00", "17:00"]]}


@pytest.mark.parametrize(
    "listed",
    [
        "line_ids[]={0}&line_ids[]={1}",
        "line_ids={0}&line_ids={1}",
        "line_ids=[{0},{1}]",
        "line_ids[0]={0}&line_ids[1]={1}",
    ],
)
def test_lists_in_a_form(alice: APIClient, listed: str) -> None:
    ids = [make.sip().pk, make.sip().pk]

    assert post(alice, "/voip/widgets.json", "name=x&" + listed.format(*ids)).json()["line_ids"] == ids


def test_one_of_a_list_in_a_form(alice: APIClient) -> None:
    assert post(alice, "/voip/voips.json", "name=x&webhook_ips=10.0.0.0/8").json()["webhook_ips"] == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    "form",
    [
        b"name=\xff", b"name=%FF", b"name=%00", b"[x]=1", b"name[=1", b"name]=1", b"a[][]=1", b"name=1&name[x]=1", b"name[x]=1&name=1",
        b"name" + b"[x]" * 50 + b"=1", b"&".join([b"name=x"] * 10_001), b"=1", b"opening_time={&name=x", b"opening_time=5&name=x",
        b"name=x&zzz=1", b"name=x&created=1",
    ],
    ids=lambda form: repr(form[:20]),
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_refused(alice: APIClient, form: bytes) -> None:
    assert send(alice, "POST", "/voip/widgets.json", form, FORM).status_code == 400
    assert not Widget.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="a.txt"\r\n\r\nx\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\x00\r\n--x--\r\n',
    ],
)
def test_a_multipart_that_cannot_be_read_is_refused(alice: APIClient, body: bytes) -> None:
    answer = send(alice, "POST", "/voip/sips.json", body, "multipart/form-data; boundary=x")

    assert (answer.status_code, Sip.objects.count()) == (400, 0)


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=x"])
def test_a_form_of_two_megabytes_is_too_large(alice: APIClient, content_type: str) -> None:
    file = (
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="a"\r\n\r\n'
        + b"x" * 2_000_000
        + b"\r\n--x--\r\n"
    )

    assert send(alice, "POST", "/voip/sips.json", file, content_type).status_code == 413
