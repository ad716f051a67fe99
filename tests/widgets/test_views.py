"""What the button learns from `widget_data.json`; opening hours, slots and tokens have tests of their own."""

import make
import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("number", "shown"), [("+48221234567", "+48 22 123 45 67"), ("", ""), ("100", "100")])
def test_the_companys_number_is_shown_as_people_write_it(stranger: APIClient, number: str, shown: str) -> None:
    widget = make.widget(voip=make.voip(number=number))

    assert stranger.get(f"/voip/widget_data.json?widget_token={widget.token}").json()["phone"] == shown


def test_a_widget_without_a_configuration_has_no_number(stranger: APIClient) -> None:
    told = stranger.get(f"/voip/widget_data.json?widget_token={make.widget().token}").json()

    assert (told["phone"], told["ring_first"]) == ("", "operator")


def test_no_secret_of_the_configuration_is_read_or_told(stranger: APIClient) -> None:
    voip = make.voip(name="Internal name", api_key="s3cret-key")

    answer = stranger.get(f"/voip/widget_data.json?widget_token={make.widget(voip=voip).token}")

    for secret in (voip.webhook_secret, "s3cret-key", "Internal name"):
        assert secret not in answer.content.decode()
