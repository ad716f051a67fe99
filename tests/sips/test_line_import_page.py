"""The page on which lines are imported, their export, and switching many at once."""

import csv
import html
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import make
import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import TextField
from django.db.models.functions import Cast
from django.test import Client
from django.utils import timezone
from staff import staff, superuser, told
from time_machine import travel

from sips.encryption import decrypt
from sips.models import Sip
from voipcrm.audit.entries import AuditEntry

pytestmark = pytest.mark.django_db
PAGE = "/admin/sips/sip/import_lines/"
LIST = "/admin/sips/sip/"
HEADING = "configuration,SIP number,name,SIP login,SIP password,active\n"


def look(client: Client, *rows: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("lines.csv", (HEADING + "\n".join(rows)).encode())
    return client.post(PAGE, {"file": file, "voip": "", **fields})


def hidden(page: str) -> dict[str, str]:
    """What the page would send to have the rows stored."""
    found = dict(re.findall(r'<input type="hidden" name="(once|rows)" value="([^"]+)"', page))
    return {name: html.unescape(value) for name, value in found.items()}


def text(answer: Any) -> str:
    return told(answer.content.decode())


def test_a_file_is_looked_at_and_then_stored() -> None:
    make.voip(name="Office")
    client = superuser()
    seen = look(client, "Office,101,Anna,a101,s3cret,yes")
    assert "new: 1" in text(seen)
    assert not Sip.objects.exists()
    answer = client.post(PAGE, hidden(seen.content.decode()), follow=True)
    assert "1 line added." in text(answer)
    assert Sip.objects.get().password == "s3cret"


def test_the_page_holds_no_password_but_encrypted() -> None:
    make.voip(name="Office")
    page = look(superuser(), "Office,101,Anna,a101,s3cret,yes")
    assert "s3cret" not in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert "s3cret" not in hidden(page.content.decode())["rows"]
    assert decrypt(hidden(page.content.decode())["rows"])


def test_no_upload_is_written_to_a_disk() -> None:
    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]


def test_a_second_click_stores_nothing_and_leads_to_the_list_as_well() -> None:
    make.voip(name="Office")
    client = superuser()
    sent = hidden(look(client, "Office,101,Anna,a101,s3cret,yes").content.decode())
    first, second = client.post(PAGE, sent), client.post(PAGE, sent)
    assert (first["Location"], second["Location"], Sip.objects.count()) == (LIST, LIST, 1)
    assert LogEntry.objects.count() == 1


def test_mistakes_are_shown_with_their_rows_and_nothing_can_be_stored() -> None:
    page = look(superuser(), "Nowhere,101,Anna,,,")
    assert "2 (none) 101" not in text(page)
    assert "There is no configuration “Nowhere”." in text(page)
    assert "Store them" not in text(page)


def test_a_line_changed_meanwhile_is_looked_at_again() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101", name="Old")
    client = superuser()
    sent = hidden(look(client, "Office,101,Anna,,,").content.decode())
    line.name = "Meanwhile"
    line.save()
    again = client.post(PAGE, sent)
    assert "Nothing was stored: lines have changed since you looked." in text(again)
    assert "Meanwhile → Anna" in text(again)
    client.post(PAGE, hidden(again.content.decode()))
    assert Sip.objects.get().name == "Anna"


def test_what_was_looked_at_is_somebodys_own_and_for_an_hour() -> None:
    make.voip(name="Office")
    client = superuser()
    sent = hidden(look(client, "Office,101,Anna,,,").content.decode())
    other = staff("sips.change_sip", "sips.add_sip")
    assert "Choose the file again." in text(other.post(PAGE, sent))
    assert "Choose the file again." in text(client.post(PAGE, {"rows": "broken"}))
    with travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert "Choose the file again." in text(client.post(PAGE, sent))
    assert not Sip.objects.exists()


def test_an_upload_that_is_no_list_is_refused_with_a_sentence() -> None:
    client = superuser()
    assert "Choose a file." in text(client.post(PAGE, {"voip": ""}))
    file = SimpleUploadedFile("lines.csv", b"shoe,size\n1,2")
    assert "The first row must name the columns" in text(client.post(PAGE, {"file": file, "voip": ""}))


def test_who_may_change_lines_only_adds_none() -> None:
    make.voip(name="Office")
    page = look(staff("sips.view_sip", "sips.change_sip"), "Office,101,Anna,,,")
    assert "you may not add lines" in text(page)


def test_who_may_only_look_imports_nothing() -> None:
    assert staff("sips.view_sip").get(PAGE).status_code == 403


def test_the_export_holds_no_secret_and_can_be_imported_again() -> None:
    make.sip(voip=make.voip(name="Office"), sip="101", name="=Anna", password="s3cret", hands_free=True)
    client = superuser()
    content = b"".join(client.get(f"{LIST}export.csv"))
    (row,) = csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""))
    assert "s3cret" not in content.decode()
    assert row["Name"] == "'=Anna"
    page = client.post(PAGE, {"file": SimpleUploadedFile("lines.csv", content), "voip": ""})
    assert "as they are: 1" in text(page)


def test_many_lines_are_switched_at_once_and_counted() -> None:
    voip = make.voip()
    lines = [make.sip(voip=voip, sip=str(number), active=number != 101) for number in (101, 102, 103)]
    client = superuser()
    chosen = {"action": "switch_off", "_selected_action": [line.pk for line in lines]}
    answer = client.post(LIST, chosen, follow=True)
    assert "2 lines switched off. 1 was so before." in text(answer)
    assert not Sip.objects.filter(active=True).exists()
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Changed Active."] * 2
    assert "0 lines switched off. 3 were so before." in text(client.post(LIST, chosen, follow=True))


def test_who_may_not_change_lines_is_offered_no_switch() -> None:
    make.sip()
    page = staff("sips.view_sip").get(LIST).content.decode()
    assert "switch_off" not in page
    assert "import_lines" not in page


def test_the_page_is_polish_for_who_reads_polish() -> None:
    make.voip(name="Office")
    client = superuser(language="pl")
    page = text(look(client, "Nowhere,101,Anna,,,"))
    assert "Nie ma konfiguracji „Nowhere”." in page
    assert "Import linii" in page


def test_each_line_that_was_stored_has_its_audit_entry_with_who_did_it_and_without_secrets() -> None:
    voip = make.voip(name="Office")
    kept = make.sip(voip=voip, sip="100", name="Old", password="hidden-old")
    client = superuser()
    seen = look(client, "Office,100,New,a100,hidden-new,yes", "Office,101,Anna,a101,hidden-too,yes")
    AuditEntry.objects.all().delete()

    client.post(PAGE, hidden(seen.content.decode()))

    entries = AuditEntry.objects.filter(model="sips.sip")
    added = Sip.objects.get(sip="101")
    assert {(entry.object_id, entry.action) for entry in entries} == {(kept.pk, "changed"), (added.pk, "added")}
    assert {(entry.who, entry.by) for entry in entries} == {(User.objects.get().username, "admin")}
    assert entries.get(object_id=kept.pk).changes["name"] == ["Old", "New"]
    assert (
        not AuditEntry.objects.annotate(written=Cast("changes", TextField()))
        .filter(written__contains="hidden")
        .exists()
    )
