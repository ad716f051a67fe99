"""The log of a port that anybody can reach."""

from integrations.sip_dialer.quota import MINUTE, Quota


def test_the_log_takes_so_many_lines_a_minute_and_counts_the_rest() -> None:
    now = 1000.0
    quota = Quota(2, clock=lambda: now)
    assert [quota.take() for _datagram in range(5)] == [0, 0, None, None, None]

    now += MINUTE
    assert quota.take() == 3
