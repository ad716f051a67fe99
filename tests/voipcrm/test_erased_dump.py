"""After a person was erased no table holds the number, in whatever way it was written; everybody else's are where they were."""

import base64
import gzip
import io
from collections.abc import Callable

import make
import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from autocalls.models import Autocall, Refusal
from calls.models import Call
from integrations.models import WebhookDelivery
from sips.models import Voip

WRITINGS = (
    "+48501502503",
    "501 502 503",
    "0501-502-503",
    "501 502 503 wew. 5",
    "٥٠١ ٥٠٢ ٥٠٣",
    "501502503",
    "501\N{ZERO WIDTH SPACE}502\N{ZERO WIDTH SPACE}503",
    "\N{RIGHT-TO-LEFT OVERRIDE}501502503\N{POP DIRECTIONAL FORMATTING}",
    "Anna (501.502.503)",
)
"""Of Anna. With a six for each five they are Bert's."""
TO_BERT = str.maketrans("5٥5", "6٦6")

BODIES: tuple[Callable[[str], bytes], ...] = (
    str.encode,
    lambda text: text.encode("utf-16"),
    lambda text: gzip.compress(text.encode(), mtime=0),
    lambda text: b"call_id=1&data=" + base64.b64encode(text.encode()),
)


def dump() -> str:
    """All rows of all tables; bytes in hexadecimal digits."""
    rows: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {connection.ops.quote_name(table)} t")
            rows += [row.replace(r"\/", "/") for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def store_everywhere(written: str, owner: str) -> None:
    voip = make.voip(number="+48221234567")
    widget = make.widget(voip=voip)
    now, other = timezone.now(), "+48609000111"
    make.note(call=make.call(voip=voip, number_from=written), text=f"rang from {written}")
    make.note(call=make.call(number_from=other), text=f"or ring {written}")
    make.follow_up(number=written, voip=voip)
    make.follow_up(number=written, voip=voip, state="done", done_at=now)
    make.call(voip=voip, number_to=written, kind="outgoing")
    make.call(number_from=other, description=f"please ring {written} instead", provider_status=written)
    make.call(number_from=other, recording_url=f"https://pbx.example.com/{written}.wav")
    Autocall.objects.create(number=written, widget=widget, call_at=now)
    Autocall.objects.create(
        number=other, widget=widget, call_at=now, name=written, note=f"or {written}", page_url=written
    )
    for field in ("number", "name", "note", "page_url"):
        given = {"number": "12", "code": field, field: written}
        Refusal.objects.create(widget=widget, day=now.date(), **given)
    store_deliveries(voip, written, owner)
    store_entries(written, owner)


def store_deliveries(voip: Voip, written: str, owner: str) -> None:
    now = timezone.now()
    for body in (encode(f'{{"caller": "{written}"}}') for encode in BODIES):
        WebhookDelivery.objects.create(
            voip=voip, fingerprint=f"{owner}{hash(body)}", method="POST", body=body, received_at=now
        )
    for told in ({"query": f"a={written}"}, {"error": f"{written} is none"}, {"headers": {"user-agent": written}}):
        WebhookDelivery.objects.create(
            voip=voip, fingerprint=f"{owner}{hash(str(told))}", method="GET", body=b"", received_at=now, **told
        )


def store_entries(written: str, owner: str) -> None:
    clerk, content_type = User.objects.create_user(owner), ContentType.objects.get_for_model(Call)
    LogEntry.objects.create(
        user=clerk, content_type=content_type, object_repr=written, change_message=written, action_flag=CHANGE
    )
    AccessAttempt.objects.create(username=written, post_data=f"x={written}", user_agent=owner, failures_since_start=1)
    AccessLog.objects.create(username="x", path_info=written, user_agent=owner)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("written", WRITINGS)
def test_no_table_names_an_erased_person(written: str) -> None:
    of_bert = written.translate(TO_BERT)
    store_everywhere(written, "anna")
    store_everywhere(of_bert, "bert")
    before = dump()

    call_command("erase_number", "+48501502503", stdout=io.StringIO(), stderr=io.StringIO())

    after = dump()
    for body in BODIES:
        hidden, kept = (body(f'{{"caller": "{text}"}}').hex() for text in (written, of_bert))
        assert (before.count(hidden), after.count(hidden)) == (1, 0)
        assert (before.count(kept), after.count(kept)) == (1, 1)
    assert before.count(written) > 15
    assert [line for line in after.splitlines() if written in line] == []
    assert after.count(of_bert) == before.count(of_bert)


@pytest.mark.django_db(transaction=True)
def test_other_peoples_texts_lose_only_the_number() -> None:
    call = make.call(number_from="+48609000111", description="Ring ٥٠١ 502-503 instead, not 501502504.")

    call_command("erase_number", "+48501502503", stdout=io.StringIO(), stderr=io.StringIO())

    call.refresh_from_db()
    assert (call.description, call.number_from) == ("Ring … instead, not 501502504.", "+48609000111")
