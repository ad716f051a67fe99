"""Pages and static files go out compressed; lengths of pages tell nothing of the secrets in them."""

import gzip
from pathlib import Path

import make
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from staff import superuser

pytestmark = pytest.mark.django_db
ZIPPED = {"accept-encoding": "gzip, deflate, br"}


def fifty_calls() -> Client:
    for number in range(50):
        make.call(kind="incoming", status="NO ANSWER", number_from=f"+485015025{number:02}", description="lamp")
    return superuser()


def test_a_list_of_fifty_calls_is_a_tenth_of_its_size() -> None:
    client = fifty_calls()

    zipped = client.get("/admin/calls/call/", headers=ZIPPED)
    plain = client.get("/admin/calls/call/")

    assert zipped["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped["Vary"]
    assert "+48 501 502 501" in gzip.decompress(zipped.content).decode()
    assert len(zipped.content) < len(plain.content) / 8, (len(zipped.content), len(plain.content))


def test_the_length_of_a_page_changes_from_answer_to_answer() -> None:
    client = superuser()

    lengths = {len(client.get("/admin/password_change/", headers=ZIPPED).content) for _asked in range(8)}

    assert len(lengths) > 1


def test_without_accept_encoding_nothing_is_compressed() -> None:
    assert "Content-Encoding" not in superuser().get("/admin/").headers


def test_static_files_are_compressed_when_they_are_collected(tmp_path: Path) -> None:
    storage = {**settings.STORAGES, "staticfiles": {"BACKEND": product_storage()}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storage):
        call_command("collectstatic", interactive=False, verbosity=0)

    for plain in (*tmp_path.glob("unfold/css/styles.*.css"), *tmp_path.glob("voipcrm/backoffice.*.js")):
        zipped = plain.with_name(f"{plain.name}.gz")
        assert gzip.decompress(zipped.read_bytes()) == plain.read_bytes()
        assert zipped.stat().st_size < plain.stat().st_size / 2
    assert list(tmp_path.glob("unfold/css/styles.*.css.gz"))


def product_storage() -> str:
    from voipcrm.settings import STORAGES  # noqa: PLC0415 - the product's own, which the tests' settings replace

    return str(STORAGES["staticfiles"]["BACKEND"])
