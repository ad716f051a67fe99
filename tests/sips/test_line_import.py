"""Lines from a file: what is read, what it would do, and that it is done as a whole or not at all."""

import io
import json
import zipfile
from typing import Any

import make
import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from sips import line_files
from sips.line_files import UnreadableFile
from sips.line_import import ChangedMeanwhile, Plan, carry_out, plan
from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db

HEADING = "configuration,SIP number,name,SIP login,SIP password,active\n"


def csv(*rows: str, heading: str = HEADING) -> line_files.LineFile:
    return line_files.read((heading + "\n".join(rows)).encode())


def xlsx(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def actions(found: Plan) -> list[str]:
    return [row.action for row in found.rows]


def user() -> User:
    return User.objects.create_superuser("setter")


def do(file: line_files.LineFile, default: Voip | None = None) -> Plan:
    return carry_out(file, default=default, digest=plan(file, default=default).digest, user=user())


def test_a_row_adds_a_line_with_its_password() -> None:
    voip = make.voip(name="Office")
    do(csv("office,101,Anna,a101,s3cret,yes"))
    line = Sip.objects.get()
    assert (line.voip, line.sip, line.name, line.username, line.password, line.active) == (
        voip, "101", "Anna", "a101", "s3cret", True,
    )  # fmt: skip


def test_a_row_changes_the_line_with_its_number_and_leaves_what_it_does_not_name() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101", kind="desk", password="old")
    found = do(csv("Office,101,Ewa", heading="configuration,sip,name\n"))
    line.refresh_from_db()
    assert actions(found) == ["change"]
    assert (line.name, line.kind, line.password, line.username) == ("Ewa", "desk", "old", "100")


def test_a_row_without_a_number_means_the_line_with_its_login() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101", username="a101")
    do(csv("Office,,Ewa,a101,,"))
    line.refresh_from_db()
    assert (line.name, line.sip, Sip.objects.count()) == ("Ewa", "101", 1)


def test_an_empty_password_leaves_the_stored_one_and_an_empty_text_empties_the_field() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101", password="old", active=False)
    do(csv("Office,101,Ewa,,,"))
    line.refresh_from_db()
    assert (line.password, line.username, line.active) == ("old", "", False)


def test_the_same_row_again_changes_nothing() -> None:
    make.sip(voip=make.voip(name="Office"), sip="101", name="Ewa", username="a101")
    assert actions(plan(csv("Office,101,Ewa,a101,,tak"))) == ["none"]


def test_a_given_password_is_a_change_whether_it_is_the_stored_one_or_not() -> None:
    make.sip(voip=make.voip(name="Office"), sip="101", name="Ewa", username="a101", password="same")
    assert actions(plan(csv("Office,101,Ewa,a101,same,"))) == ["change"]


def test_no_plan_and_no_history_holds_a_password() -> None:
    make.sip(voip=make.voip(name="Office"), sip="101", password="hidden-old")
    found = do(csv("Office,101,Ewa,a,hidden-new,", "Office,102,Jan,b,hidden-too,"))
    shown = json.dumps([[change.before, change.after] for row in found.rows for change in row.changes])
    noted = "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "hidden" not in shown + noted
    assert "SIP password" in noted


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Nowhere,101,Anna,,,", "There is no configuration “Nowhere”."),
        (",101,Anna,,,", "Name the configuration"),
        ("Office,,Anna,,,", "Give the line's SIP number, or its login."),
        ("Office,10 1,Anna,,,", "SIP number: Give the line's number at the provider"),
        ("Office,101,Anna,,,perhaps", "Active: write yes or no, not “perhaps”."),
        (f"Office,101,{'x' * 300},,,", "Name: Ensure this value has at most 255 characters"),
    ],
)
def test_a_row_that_cannot_be_stored_says_why(row: str, told: str) -> None:
    make.voip(name="Office")
    (planned,) = plan(csv(row)).rows
    assert planned.action == "error"
    assert told in " ".join(planned.problems)


def test_two_rows_about_one_line_are_told_and_so_are_two_configurations_of_one_name() -> None:
    first, second = make.voip(name="Twice"), make.voip(name="Twice")
    make.voip(name="Office")
    rows = plan(csv("Office,101,A,,,", "Office,101,B,,,", "Twice,102,C,,,", f"{second.pk},102,D,,,")).rows
    assert rows[1].problems == ["Row 2 is about the same line."]
    assert rows[2].problems == [
        f"Several configurations are called “Twice”; give the id of one: {first.pk}, {second.pk}."
    ]
    assert rows[3].action == "add"


def test_two_rows_that_mean_one_line_by_its_number_and_by_its_login_are_told() -> None:
    make.sip(voip=make.voip(name="Office"), sip="101", username="a101")
    rows = plan(csv("Office,101,A,a101,,", "Office,,B,a101,,")).rows
    assert rows[1].problems == ["Row 2 is about the same line."]


def test_one_bad_row_stores_none() -> None:
    make.voip(name="Office")
    file = csv("Office,101,Anna,,,", "Nowhere,102,Jan,,,")
    with pytest.raises(ChangedMeanwhile):
        do(file)
    assert not Sip.objects.exists()


def test_nothing_is_done_when_a_line_has_changed_since_it_was_shown() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101")
    file = csv("Office,101,Ewa,,,", "Office,102,Jan,,,")
    digest = plan(file).digest
    Sip.objects.get(pk=line.pk).save()
    with pytest.raises(ChangedMeanwhile):
        carry_out(file, default=None, digest=digest, user=user())
    assert Sip.objects.count() == 1


def test_nothing_is_done_when_somebody_has_made_one_of_the_lines_meanwhile() -> None:
    voip = make.voip(name="Office")
    file = csv("Office,101,Ewa,,,", "Office,102,Jan,,,")
    digest = plan(file).digest
    make.sip(voip=voip, sip="102", name="Somebody")
    with pytest.raises(ChangedMeanwhile):
        carry_out(file, default=None, digest=digest, user=user())
    assert list(Sip.objects.values_list("name", flat=True)) == ["Somebody"]


def test_rows_without_a_configuration_take_the_chosen_one() -> None:
    voip = make.voip()
    do(csv("101,Anna", heading="sip,name\n"), default=voip)
    assert Sip.objects.get().voip == voip


def test_who_may_not_add_lines_changes_those_that_there_are() -> None:
    make.sip(voip=make.voip(name="Office"), sip="101")
    rows = plan(csv("Office,101,Ewa,,,", "Office,102,Jan,,,"), may_add=False).rows
    assert [row.action for row in rows] == ["change", "error"]
    assert rows[1].problems == ["There is no such line, and you may not add lines."]


def test_numbers_are_stored_in_their_one_writing() -> None:
    make.voip(name="Office")
    do(csv("Office,101,22 123 45 67", heading="configuration,sip,telephone number\n"))
    assert Sip.objects.get().number == "+48221234567"


@pytest.mark.parametrize(
    "content",
    [
        "konfiguracja;numer SIP;nazwa\nBiuro;101;Żaneta".encode("cp1250"),
        "konfiguracja;numer SIP;nazwa\r\nBiuro;101;Żaneta\r\n".encode("utf-8-sig"),
        "konfiguracja\tnumer SIP\tnazwa\nBiuro\t101\tŻaneta".encode("utf-16"),
        xlsx(["konfiguracja", "numer SIP", "nazwa"], ["Biuro", 101, "Żaneta"]),
    ],
    ids=["windows", "utf-8", "utf-16", "xlsx"],
)
def test_files_of_polish_spreadsheets_are_read(content: bytes) -> None:
    with override("en"):
        (row,) = line_files.read(content).rows
    assert row.cells == {"voip": "Biuro", "sip": "101", "name": "Żaneta"}


def test_escaped_formulas_of_our_export_are_read_back() -> None:
    (row,) = csv("101,'=Anna,'+48 22 1", heading="sip,name,number\n").rows
    assert (row.cells["name"], row.cells["number"]) == ("=Anna", "+48 22 1")


def test_a_password_is_taken_to_the_letter() -> None:
    (row,) = csv('101,"\'=a b "', heading="sip,password\n").rows
    assert row.cells["password"] == "'=a b "


def test_columns_that_mean_nothing_are_named() -> None:
    assert csv("1,2,3", heading="sip,shoe size,id\n").unread == ("shoe size",)


def _bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", b"0" * (line_files.LARGEST_UNPACKED + 1))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The first row must name the columns"),
        (b"name,number\nAnna,1", "The first row must name the columns"),
        (b"sip,sip\n1,2", "Two columns are called “SIP number”."),
        (b"sip\n", "There is no line below the heading."),
        (b"sip\n\x00", "neither CSV nor XLSX"),
        (b"PK\x03\x04 broken", "cannot be read as XLSX"),
        (b"sip\n" + b"1\n" * (line_files.MOST_ROWS + 1), "more than 5000 lines"),
        (b"sip\n" + b"1" * line_files.LARGEST_FILE, "larger than 512 kB"),
        (b'sip\n"' + b"1" * 200_000, "neither CSV nor XLSX"),
        (_bomb(), "larger than it may be"),
    ],
)
def test_a_file_that_is_no_list_of_lines_is_refused_with_a_sentence(content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        line_files.read(content)


def test_two_thousand_lines_take_as_few_queries_as_they_have_pieces() -> None:
    voip = make.voip(name="Office")
    Sip.objects.bulk_create(Sip(voip=voip, sip=str(10_000 + number), name="old") for number in range(1_000))
    file = csv(*(f"Office,{10_000 + number},Line {number},u{number},p{number}," for number in range(2_000)))
    with CaptureQueriesContext(connection) as queries:
        found = do(file)
    assert (len(found.of("add")), len(found.of("change"))) == (1_000, 1_000)
    assert len(queries) < 40


def test_rows_without_anything_in_them_are_none_and_the_others_keep_their_numbers() -> None:
    make.voip(name="Office")

    rows = csv("Office,101,Anna,,,", ",,,,,", "Office,102,Jan,,,").rows

    assert [row.number for row in rows] == [2, 4]


def test_who_may_not_add_lines_adds_none_whatever_was_shown_to_others() -> None:
    make.voip(name="Office")
    file = csv("Office,102,Jan,,,")

    with pytest.raises(ChangedMeanwhile):
        carry_out(file, default=None, digest=plan(file).digest, user=User.objects.create_user("ewa"))

    assert not Sip.objects.exists()


def test_an_imported_change_is_one_that_pollers_see() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101")

    do(csv("Office,101,Ewa,,,"))

    assert Sip.objects.get().updated_at > line.updated_at
