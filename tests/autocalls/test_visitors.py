"""The token that stands for a visitor's request."""

from datetime import timedelta

import make
import pytest
from callback_desk import clock

from autocalls import visitors

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("owned", [True, False])
def test_a_visitor_token_is_valid_for_sixty_days(*, owned: bool) -> None:
    row = make.autocall()
    with clock() as traveller:
        token = visitors.token_for(row, owned=owned)

        traveller.shift(timedelta(days=60))
        assert visitors.find(token) == visitors.Request(row, owned=owned)

        traveller.shift(timedelta(seconds=1))
        with pytest.raises(visitors.UnknownRequest):
            visitors.find(token)
