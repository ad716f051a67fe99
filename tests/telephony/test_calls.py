"""Calls through a real proxy, with digest, to real telephones: what became of them, and that nothing is left behind."""

from dataclasses import replace

import pytest

from calls.statuses import Status
from telephony.bed import Bed, wait_until
from telephony.conftest import FAST, Dialer

NUMBER = "+4822555550"


def silent(bed: Bed) -> None:
    wait_until(lambda: bed.dialogs() == 0, seconds=5, what="the end of every conversation at the proxy")


@pytest.mark.parametrize(
    ("ending", "status", "reason", "words"),
    [
        ("02", Status.BUSY, "", "486 Busy Here"),
        ("04", Status.FAILED, "unreachable", "404 Not Found"),
        ("05", Status.FAILED, "congestion", "500 Service Unavailable"),  # which is what the proxy makes of a 503
        ("07", Status.NO_ANSWER, "", "480 Temporarily Unavailable"),
        ("08", Status.BUSY, "rejected", "603 Decline"),
    ],
)
def test_what_the_network_says_is_the_result(
    bed: Bed, dialer: Dialer, ending: str, status: Status, reason: str, words: str
) -> None:
    operator = bed.telephone()

    end = dialer.end_of(dialer.place(bed.port, NUMBER + ending))

    assert (end.status, end.reason, end.provider_status) == (status, reason, words)
    assert end.answered_at is None
    wait_until(lambda: operator.got("BYE sip:") == 1, what="the operator's release")
    silent(bed)


def test_the_number_hangs_up(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()

    reference = dialer.place(bed.port, NUMBER + "06")

    end = dialer.end_of(reference)
    assert (end.status, end.reason) == (Status.ANSWERED, "number_hung_up")
    assert end.talk_seconds == 2
    silent(bed)


def test_progress_is_told_step_by_step(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()

    reference = dialer.place(bed.port, NUMBER + "06")
    dialer.end_of(reference)

    assert [(event.status, event.reason) for event in dialer.of(reference)] == [
        (Status.DIALING, "operator_ringing"),
        (Status.DIALING, "operator_answered"),
        (Status.RINGING, ""),
        (Status.IN_PROGRESS, ""),
        (Status.ANSWERED, "number_hung_up"),
    ]


def test_the_telephones_are_given_each_other(bed: Bed, dialer: Dialer) -> None:
    operator = bed.telephone()

    dialer.wait_for(dialer.place(bed.port, NUMBER + "01"), Status.IN_PROGRESS)

    ports = {name: part.messages().split("m=audio ") for name, part in (("operator", operator), ("network", bed.network))}
    operators_own, networks_own = ports["operator"][2].split()[0], ports["network"][2].split()[0]
    assert ports["network"][1].split()[0] == operators_own  # the network was called with the operator's media
    assert ports["operator"][3].split()[0] == networks_own  # and the operator got the network's by re-INVITE


def test_a_number_that_rings_for_ever_is_canceled(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "03", limits=replace(FAST, number_ring=0.5)))

    assert (end.status, end.reason) == (Status.NO_ANSWER, "")
    wait_until(lambda: bed.network.got("CANCEL sip:") == 1, what="CANCEL")
    silent(bed)
