"""Formatting of values in lists and on pages."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeVar, cast

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display as unfold_display

F = TypeVar("F", bound=Callable[..., object])

if TYPE_CHECKING:
    from typing import TypeAlias

    from django.utils.functional import _StrOrPromise

    Text: TypeAlias = _StrOrPromise
else:
    Text = str | Promise


def unbroken(text: object) -> SafeString | str:
    """Without line breaks, for numbers and times."""
    return format_html('<span class="whitespace-nowrap">{}</span>', text) if text else ""


def start_of(day: date) -> datetime:
    """In the current time zone."""
    return timezone.make_aware(datetime.combine(day, time()))


def show_moment(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


def start_of_today() -> datetime:
    return start_of(timezone.localdate())


def badge(description: Text, colours: Mapping[str, str]) -> Callable[[F], F]:
    """A column whose method returns (word, label). Each word has a colour (success, info, warning, danger, primary or default);
    unfold shows a word without a colour instead of its label."""
    return cast("Callable[[F], F]", unfold_display(description=cast("str", description), label=dict(colours)))
