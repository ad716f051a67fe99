"""Two visitors of whom each brings the button to a new site at the same moment."""

import make
import pytest
from django.utils import timezone
from meeting import meet

from widgets import sightings
from widgets.models import Sighting

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_new_sites_one_takes_the_last_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "MOST_ORIGINS", 1)
    widget, now = make.widget(), timezone.now()

    met = meet(
        lambda: sightings._add(widget, "https://one.example.com", now),
        lambda: sightings._add(widget, "https://other.example.com", now),
        at='^INSERT INTO "widgets_sighting"',
    )

    assert (met.waited, met.first, met.second) == (True, True, False)
    assert [sighting.origin for sighting in Sighting.objects.all()] == ["https://one.example.com"]
