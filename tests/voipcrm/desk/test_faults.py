"""What is wrong with a provider stands in what is to be done, for who can mend it."""

from datetime import timedelta
from html import unescape

import make
import pytest
from django.utils import timezone
from roles import in_role
from staff import sign_in, told

from integrations.models import SyncCursor, WebhookDelivery
from voipcrm.desk.faults import faults

pytestmark = pytest.mark.django_db


def unreadable(**fields: object) -> WebhookDelivery:
    made = {"voip": make.voip(), "error": "The event has no id.", "received_at": timezone.now()}
    return WebhookDelivery.objects.create(**made | fields)


def test_unreadable_deliveries_are_counted_and_led_to() -> None:
    unreadable()
    client = sign_in(in_role("Administrator"))

    page = client.get("/admin/desk/").content.decode()

    assert "Office 1 delivery could not be read" in told(page).replace("error", "").replace("  ", " ")
    [fault] = faults(in_role("Administrator", username="jan"))
    assert client.get(unescape(fault.link)).context["cl"].result_count == 1
    assert 'data-count="1"' in page


def test_a_list_of_calls_that_cannot_be_read_is_told_with_its_reason() -> None:
    voip = make.voip()
    SyncCursor.objects.create(voip=voip, read_until=timezone.now(), error="Telecube answered 401.")

    [fault] = faults(in_role("Administrator"))

    assert fault.text == "the list of calls could not be read: Telecube answered 401."
    assert fault.link == f"/admin/sips/voip/{voip.pk}/change/"


def test_what_is_a_day_old_or_of_a_configuration_that_is_switched_off_is_left_out() -> None:
    unreadable(received_at=timezone.now() - timedelta(days=2))
    unreadable(voip=make.voip(active=False))

    assert faults(in_role("Administrator")) == []


@pytest.mark.parametrize("role", ["Operator", "Supervisor"])
def test_faults_are_shown_only_to_those_who_can_fix_them(role: str) -> None:
    unreadable()

    assert faults(in_role(role)) == []
