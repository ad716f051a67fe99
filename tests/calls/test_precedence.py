"""How far a call is and whose word counts: the order on which the merge of all reports stands."""

import itertools

import pytest

from calls.statuses import MISSED, PROGRESS, RESULTS, Kind, Source, Status, parse_kind, parse_status, precedence

RESULT_WORDS = [Status.FAILED, Status.CANCELED, Status.BUSY, Status.NO_ANSWER, Status.ANSWERED]
"""From the one that says least to the one that says most."""


def test_every_status_is_either_on_the_way_or_a_result() -> None:
    assert set(PROGRESS) | set(RESULTS) == set(Status)
    assert not set(PROGRESS) & set(RESULTS)


def test_a_call_goes_forward_through_its_statuses_and_a_result_ends_it() -> None:
    way = [Status.QUEUED, Status.DIALING, Status.RINGING, Status.IN_PROGRESS]
    weights = [precedence(status) for status in way]

    assert weights == sorted(set(weights)) == [10, 20, 30, 40]  # stored in rows, so they stay
    assert all(weights[-1] < precedence(result, source) for result in RESULT_WORDS for source in Source)


@pytest.mark.parametrize("source", Source)
def test_the_source_does_not_matter_before_the_end(source: Source) -> None:
    assert precedence(Status.RINGING, source) == precedence(Status.RINGING)


def test_the_source_counts_more_than_the_result() -> None:
    whose = [Source.EXPIRY, Source.DERIVED, Source.EVENT, Source.LIST]

    for weaker, stronger in itertools.pairwise(whose):
        assert precedence(Status.ANSWERED, weaker) < precedence(Status.FAILED, stronger)


@pytest.mark.parametrize("source", Source)
def test_of_two_results_of_one_source_the_more_informative_counts(source: Source) -> None:
    weights = [precedence(result, source) for result in RESULT_WORDS]

    assert weights == sorted(set(weights))


def test_a_report_is_an_event_unless_it_says_otherwise() -> None:
    assert precedence(Status.BUSY) == precedence(Status.BUSY, Source.EVENT) == 82  # stored in rows, so it stays


def test_stored_precedences_keep_their_values() -> None:
    assert [precedence(result, Source.EXPIRY) for result in RESULT_WORDS] == [60, 61, 62, 63, 64]
    assert [precedence(result, Source.LIST) for result in RESULT_WORDS] == [90, 91, 92, 93, 94]


def test_missed_is_every_result_but_a_talk() -> None:
    assert set(MISSED) == set(RESULT_WORDS) - {Status.ANSWERED}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("NO ANSWER", Status.NO_ANSWER),
        ("NOANSWER", Status.NO_ANSWER),
        ("no_answer", Status.NO_ANSWER),
        ("No-Answer", Status.NO_ANSWER),
        ("in progress", Status.IN_PROGRESS),
        ("ＢＵＳＹ", Status.BUSY),
        *((status.value.lower(), status) for status in Status),
    ],
)
def test_a_status_is_read_in_any_writing_of_its_word(text: str, status: Status) -> None:
    assert parse_status(text) is status


@pytest.mark.parametrize("text", ["", "-", "ANSWERED 2", "odebrane"])
def test_what_is_no_status_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a status; use one of: QUEUED, .*CANCELED"):
        parse_status(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("incoming", Kind.INCOMING),
        ("przychodzące", Kind.INCOMING),
        ("Przychodzaca", Kind.INCOMING),
        ("WYCHODZĄCY", Kind.OUTGOING),
        ("outgoing", Kind.OUTGOING),
        ("wewnętrzna", Kind.INTERNAL),
        ("Internal", Kind.INTERNAL),
    ],
)
def test_a_kind_is_read_in_english_and_polish(text: str, kind: Kind) -> None:
    assert parse_kind(text) is kind


def test_what_is_no_kind_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="is not a kind; use one of: incoming, outgoing, internal"):
        parse_kind("sideways")
