"""Starting a test of a line or a key, carrying it out once, and storing its result."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from calls.sentences import _, store, translate, translate_stored
from integrations.connection_models import EXPIRES, ConnectionState, ConnectionTest
from integrations.sip_dialer import presence
from sips.models import Sip, Voip


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a test: a word for programs, a sentence for people, and whether it passed."""

    result: str
    sentence: str
    passed: bool = False


def of_line(line: Sip) -> ConnectionTest | None:
    return ConnectionTest.objects.filter(sip=line.pk).first()


def of_configuration(voip: Voip) -> ConnectionTest | None:
    return ConnectionTest.objects.filter(voip=voip.pk).first()


def ask_line(line: Sip) -> ConnectionTest:
    """Have a dialer try the line's login. A request during a running test joins it."""
    with transaction.atomic():
        return _begin(_row(sip_id=line.pk), "integrations.test_line", queue="sip")


def ask_key(voip: Voip) -> ConnectionTest:
    """Have a worker try the provider's key."""
    with transaction.atomic():
        return _begin(_row(voip_id=voip.pk), "integrations.test_key", queue="default")


def _row(**of: int) -> ConnectionTest:
    """The locked row; a new one has no state yet."""
    ConnectionTest.objects.get_or_create(**of, defaults={"asked_at": timezone.now()})
    return ConnectionTest.objects.select_for_update(no_key=True).get(**of)


def _begin(test: ConnectionTest, task: str, *, queue: str) -> ConnectionTest:
    if test.number and test.in_progress:
        return test
    test.number += 1
    test.asked_at, test.started_at, test.finished_at = timezone.now(), None, None
    test.passed, test.result, test.message = False, "", ""
    test.save()
    jobs.configure_task(task, queue=queue).defer(test_id=test.pk, number=test.number)
    return test


def claim(test_id: int, number: int) -> ConnectionTest | None:
    """The test, for the first worker that claims it in time."""
    now = timezone.now()
    mine = ConnectionTest.objects.filter(
        pk=test_id, number=number, started_at=None, finished_at=None, asked_at__gt=now - EXPIRES
    )
    return ConnectionTest.objects.get(pk=test_id) if mine.update(started_at=now) else None


def finish(test_id: int, number: int, finding: Finding) -> None:
    """Store the result, unless the test has been started again meanwhile."""
    now, message = timezone.now(), store(finding.sentence)
    facts = {"finished_at": now, "passed": finding.passed, "result": finding.result, "message": message}
    facts |= {"last_success_at": now} if finding.passed else {"last_failure_at": now, "last_failure": message}
    ConnectionTest.objects.filter(pk=test_id, number=number, finished_at=None).update(**facts)


def message_of(test: ConnectionTest | None) -> str:
    """The test's message in the reader's language."""
    match test.state if test else ConnectionState.NONE:
        case ConnectionState.PASSED | ConnectionState.FAILED:
            return translate_stored(test.message) if test else ""
        case ConnectionState.WAITING:
            return (
                translate(_NO_DIALER) if test and test.sip_id and not presence.count_living() else translate(_WAITING)
            )
        case ConnectionState.RUNNING:
            return translate(_RUNNING)
        case ConnectionState.EXPIRED:
            return translate(_EXPIRED if not test or test.voip_id or presence.count_living() else _NO_DIALER)
    return ""


_WAITING = _("Waiting to be tested.")
_RUNNING = _("The server is being asked.")
_EXPIRED = _("There is no result: the process that ran the test did not report one. Try again.")
_NO_DIALER = _("No SIP dialer is running, so nobody can ask. Start one: manage.py sip_dialer.")
