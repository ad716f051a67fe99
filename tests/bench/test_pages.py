import make
import pytest

from bench.pages import pages
from calls.filters import CallFilter


@pytest.mark.django_db
def test_every_filter_of_the_list_is_measured() -> None:
    make.sip()

    asked = {name for page in pages(deep="place").values() for name in page}

    assert asked == {*CallFilter.base_filters, "cursor", "per_page"}
