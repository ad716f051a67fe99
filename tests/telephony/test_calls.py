"""Calls through a real proxy, with digest, to real telephones: what became of them, and that nothing is left behind."""

import logging
from collections import Counter
from dataclasses import replace

import pytest
from telephony.bed import Bed, wait_until
from telephony.conftest import FAST, Dialer
from telephony.lossy import LossyWire

from calls.statuses import Status

NUMBER = "+4822555550"
PATIENT = replace(FAST, operator_ring=30, number_ring=30, no_response=30)
"""Where messages come only at the third or fourth try."""


def silent(bed: Bed) -> None:
    wait_until(lambda: bed.dialogs() == 0, what="the end of every conversation at the proxy")


@pytest.mark.parametrize(
    ("ending", "status", "reason", "words"),
    [
        ("02", Status.BUSY, "", "486 Busy Here"),
        ("04", Status.FAILED, "no_such_number", "404 Not Found"),
        ("05", Status.FAILED, "congestion", "500 Service Unavailable"),  # which is what the proxy makes of a 503
        ("07", Status.NO_ANSWER, "", "480 Temporarily Unavailable"),
        ("08", Status.BUSY, "rejected", "603 Decline"),
        ("11", Status.BUSY, "rejected", "403 Forbidden (Q.850 cause 21)"),
        ("12", Status.NO_ANSWER, "", "603 Decline (Q.850 cause 16)"),
        ("13", Status.FAILED, "no_route", "404 Not Found (Q.850 cause 3)"),
    ],
)
def test_the_networks_answer_becomes_the_result(
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


def test_progress_is_reported_step_by_step(bed: Bed, dialer: Dialer) -> None:
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

    ports = {
        name: part.messages().split("m=audio ") for name, part in (("operator", operator), ("network", bed.network))
    }
    operators_own, networks_own = ports["operator"][2].split()[0], ports["network"][2].split()[0]
    assert ports["network"][1].split()[0] == operators_own  # the network was called with the operator's media
    assert ports["operator"][3].split()[0] == networks_own  # and the operator got the network's by re-INVITE


def test_a_number_that_rings_for_ever_is_canceled(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "03", limits=replace(FAST, number_ring=0.5)))

    assert (end.status, end.reason) == (Status.NO_ANSWER, "")
    wait_until(lambda: bed.network.got("CANCEL sip:") == 1, what="CANCEL")
    silent(bed)


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("486 Busy Here", Status.BUSY, "operator_busy"),
        ("603 Decline", Status.BUSY, "operator_rejected"),
        ("480 Temporarily Unavailable", Status.FAILED, "operator_unreachable"),
    ],
)
def test_a_declining_operator_is_reported(bed: Bed, dialer: Dialer, code: str, status: Status, reason: str) -> None:
    bed.telephone(scenario="uas_reject", code=code)

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "01"))

    assert (end.status, end.reason, end.provider_status) == (status, reason, code)
    assert bed.network.messages() == ""


def test_an_unanswering_operator_is_reported(bed: Bed, dialer: Dialer) -> None:
    operator = bed.telephone(scenario="uas_noanswer")

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "01", limits=replace(FAST, operator_ring=0.5)))

    assert (end.status, end.reason) == (Status.NO_ANSWER, "operator_no_answer")
    wait_until(lambda: operator.got("SIP/2.0 487") == 1, what="487")
    assert bed.network.messages() == ""


def test_an_unregistered_operator_is_reported(bed: Bed, dialer: Dialer) -> None:
    end = dialer.end_of(dialer.place(bed.port, NUMBER + "01"))

    assert (end.status, end.reason) == (Status.FAILED, "operator_unreachable")


def test_a_wrong_password_is_refused(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "01", password="wrong"))

    assert (end.status, end.reason, end.provider_status) == (
        Status.FAILED,
        "refused",
        "407 Proxy Authentication Required",
    )


def test_a_call_is_ended_from_here(bed: Bed, dialer: Dialer) -> None:
    operator = bed.telephone()
    reference = dialer.place(bed.port, NUMBER + "01")
    dialer.wait_for(reference, Status.IN_PROGRESS)

    dialer.engine.hang_up(reference)

    assert (dialer.end_of(reference).status, dialer.end_of(reference).reason) == (Status.ANSWERED, "hung_up")
    wait_until(lambda: operator.got("BYE sip:") == bed.network.got("BYE sip:") == 1, what="both BYEs")
    silent(bed)


def test_the_customer_may_be_rung_first(bed: Bed, dialer: Dialer) -> None:
    bed.telephone(scenario="uas_reject", code="486 Busy Here")

    reference = dialer.place(bed.port, NUMBER + "01", customer_first=True)

    end = dialer.end_of(reference)
    assert [event.reason for event in dialer.of(reference)] == ["", "number_answered", "operator_busy"]
    assert (end.status, end.reason) == (Status.BUSY, "operator_busy")
    silent(bed)


def test_the_operator_hangs_up(bed: Bed, dialer: Dialer) -> None:
    bed.telephone(scenario="uas_answer_hangup")

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "01"))

    assert (end.status, end.reason) == (Status.ANSWERED, "operator_hung_up")
    silent(bed)


def test_the_operator_hangs_up_while_the_number_rings(bed: Bed, dialer: Dialer) -> None:
    bed.telephone(scenario="uas_answer_hangup")

    end = dialer.end_of(dialer.place(bed.port, NUMBER + "03"))

    assert (end.status, end.reason) == (Status.CANCELED, "operator_hung_up")
    wait_until(lambda: bed.network.got("CANCEL sip:") == 1, what="CANCEL")
    silent(bed)


def test_a_telephone_that_vanishes_ends_the_call(bed: Bed, dialer: Dialer) -> None:
    operator = bed.telephone()
    reference = dialer.place(bed.port, NUMBER + "01", limits=replace(FAST, keepalive=0.2))
    dialer.wait_for(reference, Status.IN_PROGRESS)

    operator.vanish()

    end = dialer.end_of(reference)
    assert (end.status, end.reason) == (Status.ANSWERED, "lost")
    wait_until(lambda: bed.network.got("BYE sip:") == 1, what="the number's release")
    silent(bed)


def test_a_telephone_that_freezes_ends_the_call(bed: Bed, dialer: Dialer) -> None:
    operator = bed.telephone()
    reference = dialer.place(bed.port, NUMBER + "01", limits=replace(FAST, keepalive=0.2))
    dialer.wait_for(reference, Status.IN_PROGRESS)

    operator.freeze()

    end = dialer.end_of(reference)
    assert (end.status, end.reason, end.provider_status) == (Status.ANSWERED, "lost", "408 Request Timeout")
    wait_until(lambda: bed.network.got("BYE sip:") == 1, what="the number's release")
    operator.vanish()


def test_draining_ends_every_call(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()
    talking, ringing = dialer.place(bed.port, NUMBER + "01"), dialer.place(bed.port, NUMBER + "03")
    dialer.wait_for(talking, Status.IN_PROGRESS)
    dialer.wait_for(ringing, Status.RINGING)

    dialer.stop()

    assert (dialer.end_of(talking).status, dialer.end_of(talking).reason) == (Status.ANSWERED, "shutdown")
    assert (dialer.end_of(ringing).status, dialer.end_of(ringing).reason) == (Status.CANCELED, "shutdown")
    silent(bed)


def test_no_secret_reaches_the_trace(bed: Bed, dialer: Dialer, caplog: pytest.LogCaptureFixture) -> None:
    bed.telephone()
    with caplog.at_level(logging.DEBUG, "integrations.sip_dialer"):
        dialer.end_of(dialer.place(bed.port, NUMBER + "02"))

    traced = "\n".join(record.getMessage() for record in caplog.records)
    assert "INVITE sip:100@" in traced
    assert "Proxy-Authorization: …" in traced
    assert "response=" not in traced
    assert "secretcrm" not in traced


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fifth_of_all_datagrams_is_lost(bed: Bed, dialer: Dialer, seed: int) -> None:
    bed.telephone()
    wire = LossyWire(bed.port, share=0.2, seed=seed)
    try:
        references = [dialer.place(wire.port, NUMBER + ending, limits=PATIENT) for ending in ("06", "02", "04")]
        results = [dialer.end_of(reference).status for reference in references]
        wait_until(lambda: bed.dialogs() == 0, what="silence")
    finally:
        wire.stop()

    assert wire.lost
    assert results == [Status.ANSWERED, Status.BUSY, Status.FAILED]


def test_fifty_calls_at_once(bed: Bed, dialer: Dialer) -> None:
    bed.telephone()
    endings = ["01", "02", "04", "06", "08"] * 10

    references = [dialer.place(bed.port, NUMBER + ending) for ending in endings]
    for reference, ending in zip(references, endings, strict=True):
        if ending == "01":
            dialer.wait_for(reference, Status.IN_PROGRESS)
            dialer.engine.hang_up(reference)

    results = Counter(str(dialer.end_of(reference).status) for reference in references)
    assert results == {"ANSWERED": 20, "BUSY": 20, "FAILED": 10}
    silent(bed)
