"""Two who do the same at the same moment: the locks of the project itself are met by two transactions."""

import make
import pytest
from axes.models import AccessAttempt
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.utils import timezone
from meeting import COMMIT, meet

from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event
from calls.statuses import Status
from sips.models import Voip
from voipcrm import demo
from voipcrm.logins import FailedLogins

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_failed_logins_count_as_two() -> None:
    def fail() -> None:
        request = RequestFactory().post("/admin/login/")
        request.axes_locked_out = False  # type: ignore[attr-defined]  # axes sets it on each request
        with transaction.atomic():
            FailedLogins().user_login_failed(None, {"username": "anna"}, request)

    met = meet(fail, fail, at=COMMIT)

    assert (met.waited, AccessAttempt.objects.get().failures_since_start) == (True, 2)


def test_nothing_comes_of_the_demo_while_it_is_being_removed() -> None:
    voip = make.voip(provider="simulator", api_url="http://127.0.0.1:1")
    make.call(voip=voip)

    def tell() -> None:
        apply_event(CallEvent(provider_call_id="1", status=Status.BUSY), voip=voip, received_at=timezone.now())

    met = meet(demo.remove, tell, at='^DELETE FROM "calls_call"', refusals=IntegrityError)

    assert (met.waited, type(met.second)) == (True, IntegrityError)
    assert not Call.everything.exists()
    assert not Voip.objects.exists()
