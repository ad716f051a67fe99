"""Configurations and lines in the back-office."""

import json
from typing import Any

import make
import pytest
from cryptography.fernet import Fernet
from staff import cells, staff, superuser

from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db
VOIP = {
    "name": "Office",
    "provider": "telecube",
    "country": "PL",
    "time_zone": "Europe/Warsaw",
    "active": "on",
    "caller_id_header": "from",
}
LINE = {"name": "Reception", "sip": "100", "username": "100", "active": "on"}


def page(record: Voip | Sip) -> str:
    return f"/admin/sips/{type(record).__name__.lower()}/{record.pk}/change/"


@pytest.mark.parametrize("path", ["/admin/sips/voip/", "/admin/sips/sip/", "/admin/calls/call/?voip=1"])
def test_lists_show_no_secret(path: str) -> None:
    voip = make.voip(api_key="key-that-is-secret")
    make.sip(voip=voip, password="word-that-is-secret")

    html = superuser().get(path).content.decode()

    assert "that-is-secret" not in html
    assert voip.webhook_secret not in html


def test_pages_show_neither_password_nor_key() -> None:
    voip = make.voip(api_key="key-that-is-secret")
    line = make.sip(voip=voip, password="word-that-is-secret")
    client = superuser()

    assert "that-is-secret" not in client.get(page(line)).content.decode()
    assert "that-is-secret" not in client.get(page(voip)).content.decode()


def test_an_empty_password_keeps_the_old_one() -> None:
    line = make.sip(password="old")

    superuser().post(page(line), LINE | {"name": "Front desk", "new_secret": ""})

    line.refresh_from_db()
    assert (line.name, line.password) == ("Front desk", "old")


def test_a_new_password_replaces_the_old_one() -> None:
    line = make.sip(password="old")

    superuser().post(page(line), LINE | {"new_secret": " new "})

    line.refresh_from_db()
    assert line.password == " new "


def test_the_switch_removes_the_password() -> None:
    line = make.sip(password="old")

    superuser().post(page(line), LINE | {"clear_secret": "on"})

    line.refresh_from_db()
    assert line.password == ""


def test_a_new_password_and_its_removal_at_once_are_refused() -> None:
    line = make.sip(password="old")

    answer = superuser().post(page(line), LINE | {"new_secret": "new", "clear_secret": "on"})

    line.refresh_from_db()
    assert "Either give a new one or remove it." in answer.content.decode()
    assert line.password == "old"


def test_a_line_can_be_added_with_a_password() -> None:
    voip = make.voip()

    superuser().post("/admin/sips/sip/add/", LINE | {"voip": voip.pk, "number": "22 123 45 67", "new_secret": "new"})

    line = Sip.objects.get()
    assert (line.voip, line.password, line.number) == (voip, "new", "+48221234567")


def test_lists_say_whether_a_password_is_set() -> None:
    voip = make.voip()
    make.sip(voip=voip, name="A", sip="1", password="x")
    make.sip(voip=voip, name="B", sip="2", password="")

    html = superuser().get("/admin/sips/sip/").content.decode()

    assert cells(html, "secret_is_set") == ["check_small", "close_small"]


def test_the_log_names_a_changed_password_but_not_the_password() -> None:
    line = make.sip(password="old")
    client = superuser()

    client.post(page(line), LINE | {"new_secret": "brand-new-secret"})

    history = client.get(page(line).replace("change", "history")).content.decode()
    assert "New SIP password" in history
    assert "brand-new-secret" not in history


@pytest.mark.parametrize("path", ["/admin/sips/voip/", "/admin/sips/sip/", "/admin/calls/call/", "/admin/"])
def test_lists_open_when_the_key_is_lost(path: str, settings: Any) -> None:
    make.call(sip=make.sip(voip=make.voip(api_key="x")))
    client = superuser()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert client.get(path).status_code == 200


def test_a_configuration_whose_key_is_lost_can_be_renamed_and_given_a_new_address(settings: Any) -> None:
    voip = make.voip()
    client = superuser()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    shown = client.get(page(voip)).content.decode()
    renamed = client.post(page(voip), VOIP | {"name": "Renamed"})
    client.post(f"/admin/sips/voip/{voip.pk}/rotate_webhook_secret/", {"_form_submitted": "on"})

    assert "ENCRYPTION_KEYS" in shown
    assert renamed.status_code == 302
    assert Voip.objects.get(name="Renamed").webhook_url.startswith("http")


def test_the_address_for_the_provider_is_there_to_copy() -> None:
    voip = make.voip(provider="supervoip")

    html = superuser().get(page(voip)).content.decode()

    assert f'value="{voip.webhook_url}"' in html


def test_a_provider_with_events_gets_an_address_for_each() -> None:
    voip = make.voip(provider="telecube")

    html = superuser().get(page(voip)).content.decode()

    events = ("queue_start", "queue_hangup", "call_start", "call_end")
    assert all(f'value="{voip.webhook_url}{event}/"' in html for event in events)


def test_the_webhook_address_changes_only_after_the_question() -> None:
    voip = make.voip()
    client = superuser()
    address = f"/admin/sips/voip/{voip.pk}/rotate_webhook_secret/"

    asked = client.get(address)
    unchanged = Voip.objects.get().webhook_secret == voip.webhook_secret
    client.post(address, {"_form_submitted": "on"})

    assert "stops working at once" in asked.content.decode()
    assert unchanged
    assert Voip.objects.get().webhook_secret != voip.webhook_secret


def test_the_right_to_view_shows_no_webhook_address_and_no_inputs() -> None:
    voip = make.voip()
    client = staff("sips.view_voip")

    html = client.get(page(voip)).content.decode()

    assert voip.webhook_secret not in html
    assert "new_secret" not in html
    assert client.post(f"/admin/sips/voip/{voip.pk}/rotate_webhook_secret/").status_code == 403


def test_provider_settings_are_checked_by_the_provider() -> None:
    voip = make.voip()

    answer = superuser().post(page(voip), VOIP | {"settings": json.dumps({"nonsense": 1})})

    assert answer.status_code == 200
    assert "nonsense" in answer.context["adminform"].form.errors["settings"][0]


@pytest.mark.parametrize("text", ["[]", '"text"', '{"a": "\\u0000"}', '{"a": "\\ud800"}', "{"])
def test_settings_that_are_no_storable_object_are_refused(text: str) -> None:
    voip = make.voip()

    answer = superuser().post(page(voip), VOIP | {"settings": text})

    assert answer.status_code == 200
    assert "settings" in answer.context["adminform"].form.errors


def test_emptied_json_is_the_empty_value() -> None:
    voip = make.voip(webhook_ips=["192.0.2.1"])

    superuser().post(page(voip), VOIP | {"settings": "", "webhook_ips": ""})

    voip.refresh_from_db()
    assert (voip.settings, voip.webhook_ips) == ({}, [])


def test_the_form_says_that_a_format_is_only_declared() -> None:
    html = superuser().get("/admin/sips/voip/add/").content.decode()

    assert "Telecube — declared, not verified with the provider" in html
    assert "Twilio — by the provider&#x27;s own document" in html


@pytest.mark.parametrize("words", ["501 502 503", "+48501502503", "0048 501-502-503", "503", "(48) 501502503"])
def test_lines_are_found_by_any_writing_of_their_number(words: str) -> None:
    voip = make.voip()
    make.sip(voip=voip, name="Found", sip="1", number="+48501502503")
    make.sip(voip=voip, name="Other", sip="2", number="+48221234567")

    html = superuser().get("/admin/sips/sip/", {"q": words}).content.decode()

    assert cells(html, "name") == ["Found"]
