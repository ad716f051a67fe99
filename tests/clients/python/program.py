"""A program of a stranger's, with the client that openapi-python-client makes of docs/openapi.yml. It ends well, or with the first thing that is not
as the reference says. VOIPCRM_URL, VOIPCRM_TOKEN and WIDGET_TOKEN lead to a product with a simulated line 101.
"""

import os
import sys
import time
import uuid
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from voipcrm_client import AuthenticatedClient, Client
from voipcrm_client.api.autocalls import autocalls_create_from_widget
from voipcrm_client.api.calls import (
    calls_create,
    calls_destroy,
    calls_list,
    calls_make_call_integrate,
    calls_partial_update,
    calls_retrieve,
)
from voipcrm_client.api.widget_data import widget_data_retrieve
from voipcrm_client.models import (
    Call,
    CallRequest,
    CreateFromWidgetRequest,
    MakeCallRequest,
    PaginatedCallList,
    PatchedCallRequest,
    Refusal,
    ScheduledCallBack,
    VisitorCallBackRequest,
    WidgetShown,
    WrappedPatchedCallRequest,
)
from voipcrm_client.models.call_status import CallStatus
from voipcrm_client.models.kind_enum import KindEnum
from voipcrm_client.types import UNSET

ADDRESS = os.environ["VOIPCRM_URL"]
CRM = AuthenticatedClient(base_url=ADDRESS, token=os.environ["VOIPCRM_TOKEN"], raise_on_unexpected_status=True)
VISITOR = Client(base_url=ADDRESS, raise_on_unexpected_status=True)
WAITING = (CallStatus.QUEUED, CallStatus.DIALING, CallStatus.RINGING, CallStatus.IN_PROGRESS)


def log(description: str) -> Call:
    body = CallRequest(
        number_from="+48501502503", status=CallStatus.BUSY, kind=KindEnum.INCOMING, description=description
    )
    made = calls_create.sync(client=CRM, body=body)
    assert isinstance(made, Call), made
    return made


def read_all(per_page: int) -> list[int]:
    found: list[int] = []
    cursor = UNSET
    while True:
        page = calls_list.sync(client=CRM, per_page=per_page, status="BUSY", cursor=cursor)
        assert isinstance(page, PaginatedCallList) and len(page.results) <= per_page
        found += [call.id for call in page.results]
        if page.next_ is None:
            return found
        [cursor] = parse_qs(urlsplit(page.next_).query)["cursor"]


def keep_the_log() -> None:
    ids = [log(text).id for text in ("first", "second", "third")]
    assert sorted(read_all(2)) == sorted(ids)
    flat = calls_partial_update.sync(ids[0], client=CRM, body=PatchedCallRequest(client_id=7))
    inner = PatchedCallRequest(description="changed")
    wrapped = calls_partial_update.sync(ids[0], client=CRM, body=WrappedPatchedCallRequest(call=inner))
    assert isinstance(flat, Call) and isinstance(wrapped, Call)
    assert (flat.client_id, wrapped.client_id, wrapped.description) == (7, 7, "changed")
    assert calls_destroy.sync_detailed(ids[0], client=CRM).status_code == HTTPStatus.NO_CONTENT
    gone = calls_retrieve.sync(ids[0], client=CRM)
    assert isinstance(gone, Refusal) and gone.code == "not_found"


def be_refused() -> None:
    wrong = calls_create.sync_detailed(client=CRM, body=CallRequest(duration=-1))
    assert isinstance(wrong.parsed, Refusal)
    assert (wrong.status_code, wrong.parsed.code, wrong.parsed.field) == (
        HTTPStatus.BAD_REQUEST,
        "min_value",
        "duration",
    )
    assert wrong.parsed["duration"] == [wrong.parsed.detail]
    stranger = AuthenticatedClient(base_url=ADDRESS, token="wrong")
    told = calls_list.sync(client=stranger)
    assert isinstance(told, Refusal) and told.code == "authentication_failed"


def call() -> None:
    body, key = MakeCallRequest(sip="101", number_to="+48501502502"), str(uuid.uuid4())
    asked, again = (
        calls_make_call_integrate.sync_detailed(client=CRM, body=body, idempotency_key=key) for _ in range(2)
    )
    assert (asked.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
    assert isinstance(asked.parsed, Call) and isinstance(again.parsed, Call)
    assert asked.parsed.id == again.parsed.id
    until = time.monotonic() + 60
    while True:
        now = calls_retrieve.sync(asked.parsed.id, client=CRM)
        assert isinstance(now, Call)
        if now.status == CallStatus.BUSY:
            return
        assert now.status in WAITING and time.monotonic() < until, now
        time.sleep(0.1)


def ask() -> None:
    token = os.environ["WIDGET_TOKEN"]
    assert isinstance(widget_data_retrieve.sync(client=VISITOR, widget_token=token), WidgetShown)
    premium = CreateFromWidgetRequest(widget_token=token, autocall=VisitorCallBackRequest(number="+48701234567"))
    told = autocalls_create_from_widget.sync(client=VISITOR, body=premium)
    assert isinstance(told, Refusal) and told.code == "number_refused"
    plain = CreateFromWidgetRequest(widget_token=token, autocall=VisitorCallBackRequest(number="+48501502509"))
    assert isinstance(autocalls_create_from_widget.sync(client=VISITOR, body=plain), ScheduledCallBack)


keep_the_log()
be_refused()
call()
ask()
sys.stdout.write("all as the reference says\n")
