"""Recordings are played from where the settings allow it, and nobody's login is led to."""

from typing import Any

import make
import pytest
from django.core.exceptions import ImproperlyConfigured
from staff import superuser

from voipcrm.recordings import check_origins

NUMBER = "+48501502503"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "is_link", "is_player"),
    [
        ("https://rec.example.com/1.mp3?key=7", True, True),
        ("https://rec.example.com.evil.example/1.mp3", True, False),
        ("https://Rec.Example.com/1.mp3", True, True),
        ("http://rec.example.com/1.mp3", True, False),
        ("https://anna:secret@rec.example.com/1.mp3", False, False),
        ("", False, False),
    ],
)
def test_what_is_allowed_is_played_and_all_else_a_link(settings: Any, url: str, is_link: bool, is_player: bool) -> None:
    settings.RECORDING_ORIGINS = ["https://rec.example.com"]
    make.call(number_from=NUMBER, recording_url=url)

    page = superuser().get("/admin/desk/", {"number": NUMBER}).content.decode()

    assert (">Recording</a>" in page) is is_link
    assert ("<audio" in page) is is_player
    assert "secret" not in page


def test_the_policy_of_pages_allows_those_origins_alone(settings: Any) -> None:
    assert settings.PAGES_CSP["media-src"] == ["'self'", *settings.RECORDING_ORIGINS]


def test_origins_are_read_in_any_writing() -> None:
    assert check_origins("X", ["https://Rec.example.com/", " "]) == ["https://rec.example.com"]


@pytest.mark.parametrize(
    "value", ["rec.example.com", "https://rec.example.com/calls", "https://*", "https:", "data:", "https://a b"]
)
def test_what_is_no_origin_stops_the_start(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="RECORDING_ORIGINS holds"):
        check_origins("RECORDING_ORIGINS", [value])
