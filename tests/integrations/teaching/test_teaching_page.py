"""The page that teaches a configuration what its deliveries mean."""

import json
import re
from typing import Any

import make
import pytest
from django.test import Client
from django.utils import timezone
from staff import staff, superuser, told

from calls.models import Call, Report
from integrations.models import Rebuilding, WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.teaching.form import version_of
from integrations.webhooks import rebuilding, services
from sips.models import Voip

pytestmark = pytest.mark.django_db
BEGUN = {"nr": "9", "zdarzenie": "dzwoni", "kto": "501502503", "dokad": "221234567", "kiedy": "23.11.2026 14:05:09"}
ENDED = BEGUN | {"zdarzenie": "koniec", "wynik": "rozmowa udana", "rozmowa": "42000"}
TAUGHT: dict[str, Any] = {
    "field-call_id": ["nr", ""],
    "field-event": ["zdarzenie", ""],
    "field-from": ["kto"],
    "field-to": ["dokad"],
    "field-status": ["wynik"],
    "field-talk_seconds": ["rozmowa"],
    "unit-talk_seconds": "milliseconds",
    "events-word": ["dzwoni", "koniec"],
    "events-ours": ["call_start", "call_end"],
    "statuses-word": ["rozmowa udana"],
    "statuses-ours": ["ANSWERED"],
}
SETTINGS = {
    "fields": {
        "call_id": ["nr"],
        "event": ["zdarzenie"],
        "from": ["kto"],
        "to": ["dokad"],
        "status": ["wynik"],
        "talk_seconds": ["rozmowa"],
    },
    "units": {"talk_seconds": "milliseconds"},
    "events": {"dzwoni": "call_start", "koniec": "call_end"},
    "statuses": {"rozmowa udana": "ANSWERED"},
}


def receive(voip: Voip, said: Any) -> WebhookDelivery:
    delivery = Delivery(method="POST", body=json.dumps(said).encode(), received_at=timezone.now())
    services.receive(delivery, provider=voip.provider, secret=voip.webhook_secret, address="192.0.2.1")
    return WebhookDelivery.objects.latest("pk")


def taught(**fields: Any) -> tuple[Voip, WebhookDelivery]:
    voip = make.voip(provider="datera", **fields)
    receive(voip, BEGUN)
    return voip, receive(voip, ENDED)


def path(delivery: WebhookDelivery) -> str:
    return f"/admin/integrations/webhookdelivery/{delivery.pk}/teach/"


def save(client: Client, delivery: WebhookDelivery, voip: Voip, **form: Any) -> Any:
    return client.post(path(delivery), {"version": version_of(voip.settings), "save": ""} | TAUGHT | form)


def test_the_teaching_page_is_one_click_from_a_delivery() -> None:
    _voip, delivery = taught()

    html = superuser().get(f"/admin/integrations/webhookdelivery/{delivery.pk}/change/").content.decode()

    assert f'href="{path(delivery)}"' in html


def test_all_fields_and_the_unknown_words_are_shown() -> None:
    _voip, delivery = taught(settings={"fields": {"event": ["zdarzenie"]}})

    html = superuser().get(path(delivery)).content.decode()

    assert all(name in html and value in html for name, value in ENDED.items())
    assert "Event: koniec" in html
    assert "unknown" in html


def test_a_preview_shows_the_calls_and_stores_nothing() -> None:
    voip, delivery = taught()

    text = told(superuser().post(path(delivery), TAUGHT).content.decode())

    assert "1 call." in text
    assert "9 — new" in text
    assert "+48501502503" in text
    assert not Call.everything.exists()
    assert not Report.objects.exists()
    voip.refresh_from_db()
    assert voip.settings == {}


def test_saving_stores_the_settings_and_has_all_read_again() -> None:
    voip, delivery = taught()

    answer = save(superuser(), delivery, voip)
    rebuilding.carry_out(voip.pk)

    voip.refresh_from_db()
    call = Call.objects.get()
    assert (answer.status_code, voip.settings) == (302, SETTINGS)
    assert (call.status, call.duration, call.number_from) == ("ANSWERED", 42, "+48501502503")
    state = Rebuilding.objects.get()
    assert (state.done, state.total, state.changed, state.unreadable, state.finished_at is not None) == (
        2,
        2,
        1,
        0,
        True,
    )


def test_a_correction_marks_what_would_change() -> None:
    voip, delivery = taught(settings=SETTINGS)

    html = superuser().post(path(delivery), TAUGHT | {"field-from": ["dokad"], "field-to": ["kto"]}).content.decode()

    assert "<del>+48501502503</del> → <ins>+48221234567</ins>" in html
    assert Call.objects.get(voip=voip).number_from == "+48501502503"


def test_what_the_form_does_not_show_stays() -> None:
    dial = {"url": "https://pbx.example.com/call", "method": "GET"}
    voip, delivery = taught(settings={"each": "calls", "dial": dial})

    save(superuser(), delivery, voip)

    voip.refresh_from_db()
    assert (voip.settings["each"], voip.settings["dial"]) == ("calls", dial)


def test_settings_that_were_changed_meanwhile_are_not_overwritten() -> None:
    voip, delivery = taught()
    Voip.objects.update(settings={"numbers": "international"})

    text = told(save(superuser(), delivery, voip).content.decode())

    voip.refresh_from_db()
    assert "changed meanwhile" in text
    assert voip.settings == {"numbers": "international"}


def test_a_choice_that_is_none_is_told_and_not_saved() -> None:
    voip, delivery = taught()

    text = told(save(superuser(), delivery, voip, **{"events-ours": ["call_start", "nonsense"]}).content.decode())

    voip.refresh_from_db()
    assert "“nonsense” is not an event" in text
    assert voip.settings == {}


@pytest.mark.parametrize(
    "rights",
    [
        ("integrations.view_webhookdelivery", "integrations.change_webhookdelivery"),
        ("integrations.view_webhookdelivery", "sips.change_voip"),
    ],
)
def test_teaching_needs_the_rights_to_replay_and_to_change_configurations(rights: tuple[str, ...]) -> None:
    voip, delivery = taught()
    client = staff(*rights)

    assert client.get(path(delivery)).status_code == 403
    assert save(client, delivery, voip).status_code == 403


def test_a_second_field_is_offered_once_there_is_a_first() -> None:
    _voip, delivery = taught(settings=SETTINGS)

    html = superuser().get(path(delivery)).content.decode()

    assert len(re.findall('name="field-call_id"', html)) == 2
    assert len(re.findall('name="field-line"', html)) == 1


def test_the_progress_is_told_until_it_is_over() -> None:
    voip, delivery = taught()
    client = superuser()
    save(client, delivery, voip)

    under_way = client.get(path(delivery), {"progress": ""}).content.decode()
    rebuilding.carry_out(voip.pk)
    over = client.get(path(delivery), {"progress": ""}).content.decode()

    assert "0 of 2 deliveries" in under_way
    assert "every 1s" in under_way
    assert "1 calls changed" in told(over)
    assert "every 1s" not in over


def test_a_provider_whose_file_knows_all_is_not_taught() -> None:
    voip = make.voip(provider="twilio")
    delivery = WebhookDelivery.objects.create(
        voip=voip, provider="twilio", fingerprint="f", method="POST", body=b"", received_at=timezone.now()
    )

    assert superuser().get(path(delivery)).status_code == 302
