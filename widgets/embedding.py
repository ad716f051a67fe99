"""The HTML that embeds a widget in a page."""

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from widgets.models import Widget

SCRIPT = "/voip/widget.js"


def embed_line(widget: Widget, *, server: str | None = None) -> SafeString:
    """Without the script it is a link to the company's number, where there is one, also while this server is down.

    `server` is the address from which the script is loaded, PUBLIC_URL by default and "" for pages of our own.
    """
    source = f"{settings.PUBLIC_URL if server is None else server}{SCRIPT}"
    number = widget.voip.number if widget.voip is not None else ""
    phone = format_html(' data-phone="{}"', number) if number else ""
    return format_html('<script src="{}" data-widget-token="{}"{} async></script>', source, widget.token, phone)
