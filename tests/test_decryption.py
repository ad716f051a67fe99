"""No page and no endpoint decrypts what it does not show."""

import every_page
import pytest
from cryptography.fernet import MultiFernet
from django.contrib.auth.models import User
from django.test import Client
from resources import RESOURCES, Resource
from rest_framework.test import APIClient
from staff import sign_in

from sips.models import Voip

pytestmark = pytest.mark.django_db


@pytest.fixture
def decrypted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every secret that is decrypted from now on."""
    found: list[str] = []
    decrypt = MultiFernet.decrypt

    def watch(cipher: MultiFernet, token: bytes) -> bytes:
        text = decrypt(cipher, token)
        found.append(text.decode())
        return text

    monkeypatch.setattr(MultiFernet, "decrypt", watch)
    return found


def decrypted_by(client: Client, addresses: list[str], decrypted: list[str]) -> dict[str, list[str]]:
    """By the addresses that decrypt anything."""
    found = {}
    for address in addresses:
        decrypted.clear()
        assert client.get(address, follow=True).status_code == 200, address
        if decrypted:
            found[address] = list(decrypted)
    return found


def test_pages_decrypt_the_webhook_secret_alone_where_they_show_the_address(decrypted: list[str]) -> None:
    office = sign_in(User.objects.create_superuser("root"))
    made = every_page.records()
    addresses = [address for pages in every_page.addresses(made).values() for address in pages]
    configuration, line, user = (every_page.page_of(made[name]) for name in ("sips/voip", "sips/sip", "auth/user"))
    listed_by_django = {f"{line}delete/", f"{user}delete/"}  # what goes along, read one by one by its collector

    found = decrypted_by(office, addresses, decrypted)

    shown = {f"{configuration}change/", f"{configuration}test_event/", f"{configuration}test_event/?after=0"}
    assert set(found) == shown | listed_by_django
    assert {secret for address in shown for secret in found[address]} == {made["sips/voip"].webhook_secret}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_the_api_decrypts_the_webhook_secrets_of_configurations_alone(
    alice: APIClient, resource: Resource, decrypted: list[str]
) -> None:
    record = resource.make()

    found = decrypted_by(alice, [resource.list, resource.one(record.pk)], decrypted)

    shown = [record.webhook_secret] if isinstance(record, Voip) else []
    assert found == ({resource.list: shown, resource.one(record.pk): shown} if shown else {})
