"""The page from which a visitor asks is kept whatever its host is called, and costs nobody the call."""

import make
import pytest
from rest_framework.test import APIClient

from autocalls.models import Autocall

pytestmark = pytest.mark.django_db

DOOR = "/voip/autocalls/create_from_widget"


@pytest.mark.parametrize(
    "page",
    ["https://shop.example.com/lamps", "http://intranet/", "http://my_shop.example.com/", "http://[::1]:8000/", ""],
)
def test_the_page_address_is_stored(stranger: APIClient, page: str) -> None:
    requested = {"number": "+48501502503", "page_url": page}

    answer = stranger.post(DOOR, {"widget_token": make.widget().token, "autocall": requested})

    assert (answer.status_code, Autocall.objects.get().page_url) == (201, page)


@pytest.mark.parametrize("page", ["javascript:alert(1)", "shop.example.com", "https://a b", "ftp://shop.example.com"])
def test_an_invalid_page_address_is_refused(stranger: APIClient, page: str) -> None:
    requested = {"number": "+48501502503", "page_url": page}

    answer = stranger.post(DOOR, {"widget_token": make.widget().token, "autocall": requested})

    assert (answer.status_code, list(answer.json()["autocall"])) == (400, ["page_url"])
