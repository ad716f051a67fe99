"""What a widget keeps of itself."""

import make
import pytest
from meeting import meet

from widgets.models import ConsentText, Widget


@pytest.mark.django_db(transaction=True)
def test_two_who_save_a_widget_with_a_new_consent_text_keep_it_once() -> None:
    pk = make.widget().pk

    def agree() -> None:
        widget = Widget.objects.get(pk=pk)
        widget.consent_text = "You may call me."
        widget.save()

    meet(agree, agree, at='^INSERT INTO "widgets_consenttext"')

    assert ConsentText.objects.get().text == "You may call me."
