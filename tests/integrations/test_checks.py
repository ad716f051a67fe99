"""Settings with which calls would be lost are refused."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.checks import check_sip_times


def test_the_settings_as_they_come_are_good() -> None:
    assert check_sip_times() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIP_OPERATOR_RING_SECONDS", 0),
        ("SIP_NUMBER_RING_SECONDS", 301),
        ("SIP_KEEPALIVE_SECONDS", 0),
        ("ANSWERED_CALL_EXPIRES", timedelta(minutes=1)),
    ],
)
def test_a_time_with_which_calls_would_be_lost_is_named(settings: Any, name: str, value: object) -> None:
    setattr(settings, name, value)

    (problem,) = check_sip_times()

    assert name in problem.msg


def test_nobody_rings_longer_than_the_call_is_waited_for(settings: Any) -> None:
    settings.REQUESTED_CALL_EXPIRES = timedelta(seconds=45)

    (problem,) = check_sip_times()

    assert "SIP_NUMBER_RING_SECONDS must be from 1 to 45" in problem.msg
