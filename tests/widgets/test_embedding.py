"""The line that puts a widget on a page."""

import make
import pytest

from widgets.embedding import embed_line
from widgets.models import Widget

pytestmark = pytest.mark.django_db


def test_the_line_names_the_server_the_widget_and_the_number(settings: object) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"  # type: ignore[attr-defined]
    widget = make.widget(voip=make.voip(number="+48221234567"))

    assert embed_line(widget) == (
        f'<script src="https://crm.example.com/voip/widget.js" data-widget-token="{widget.token}" data-phone="+48221234567" async></script>'
    )


@pytest.mark.parametrize("has_voip", [True, False])
def test_without_a_number_none_is_named(has_voip: bool) -> None:
    widget = make.widget(voip=make.voip() if has_voip else None)

    assert "data-phone" not in embed_line(widget)


def test_the_embed_line_escapes_its_attributes() -> None:
    widget = make.widget(voip=make.voip(number='"><script>alert(1)</script>'))
    Widget.objects.update(token="'\"><b>")
    widget.refresh_from_db()

    line = embed_line(widget)

    assert line.count("<") == 2
    assert line.count('"') == 6
