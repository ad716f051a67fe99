"""Who somebody is, as far as the reader may see it."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from staff import superuser

from voipcrm.crm_links import check_template
from voipcrm.desk.caller_card import LAST_CALLS, caller_card

pytestmark = pytest.mark.django_db
NUMBER = "+48501502503"


def test_the_card_lists_the_last_calls_of_both_directions() -> None:
    now = timezone.now()
    for minutes in range(LAST_CALLS):
        make.call(number_from=NUMBER, start_time=now - timedelta(minutes=2 * minutes))
        make.call(number_to=NUMBER, start_time=now - timedelta(minutes=2 * minutes + 1))

    card = caller_card(User.objects.create_superuser("root"), NUMBER)

    assert [call.start_time for call in card.calls] == [
        now - timedelta(minutes=minutes) for minutes in range(LAST_CALLS)
    ]
    assert card.latest == card.calls[0]


def test_the_card_shows_number_country_name_client_and_open_tasks() -> None:
    make.call(number_from=NUMBER, client_id=7)
    make.autocall(number=NUMBER, name="Anna", call_at=timezone.now() + timedelta(days=1))
    make.outcome("Sold", active=False)

    card = caller_card(User.objects.create_superuser("root"), NUMBER)

    assert (card.shown, card.country, card.name, card.clients) == ("+48 501 502 503", "PL", "Anna", [(7, "")])
    assert len(card.call_backs) == 1
    assert card.outcomes == []


def test_clients_and_contacts_lead_into_the_crm(settings: Any) -> None:
    settings.CRM_CLIENT_URL, settings.CRM_CONTACT_URL = "https://crm.example/?c={id}", "https://crm.example/p/{id}"
    make.call(number_from=NUMBER, client_id=1007, contact_id=9)

    page = superuser().get("/admin/desk/", {"number": NUMBER}).content.decode()

    assert 'href="https://crm.example/?c=1007"' in page
    assert 'href="https://crm.example/p/9"' in page
    assert "CRM client 1007" in page


@pytest.mark.parametrize("template", ["https://crm.example/clients", "javascript:alert({id})", "{id}"])
def test_what_is_no_address_of_a_record_stops_the_start(template: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CRM_CLIENT_URL is"):
        check_template("CRM_CLIENT_URL", template)


def test_who_may_see_calls_alone_sees_neither_names_nor_notes_nor_call_backs() -> None:
    make.note(call=make.call(number_from=NUMBER))
    make.autocall(number=NUMBER, name="Anna")
    user = User.objects.create_user("clerk")
    user.user_permissions.add(
        Permission.objects.get(codename="view_call"), Permission.objects.get(codename="view_all_lines")
    )

    card = caller_card(user, NUMBER)

    assert (card.name, card.call_backs) == ("", [])
    assert [list(call.notes.all()) for call in card.calls] == [[]]
