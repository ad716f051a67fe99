import pytest

from integrations.providers.foundation.call_ids import check_call_id
from integrations.providers.foundation.provider import Unreadable


@pytest.mark.parametrize("text", ["x" * 255, "0.1", "op-1", "False7"])
def test_an_id_is_what_tells_one_call_from_another(text: str) -> None:
    assert check_call_id(text, missing="none") == text


@pytest.mark.parametrize(
    "text", ["", "x" * 256, "0", "000.0", "--", "False", "NULL", "Unknown", "-1", "<call id>", "@callid", "${id}"]
)
def test_what_every_call_may_have_is_no_id(text: str) -> None:
    with pytest.raises(Unreadable):
        check_call_id(text, missing="none")
