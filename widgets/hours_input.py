"""The form in which staff write opening hours: rows of times for each weekday and for dated exceptions.

Its inputs go in lists of the same length (`opening_time-monday-from`, `opening_time-monday-to`), so that rows can be added and removed without
counting. Without the script there are some blank rows to fill in.
"""

from collections.abc import Mapping
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from unfold.widgets import BASE_CLASSES, CHECKBOX_CLASSES

from widgets.opening_hours import WEEKDAYS
from widgets.written_hours import Row, WrittenHours, count_rows, mean_the_same, write

MOST_ROWS = 2_000
"""With more the page would be unusable and its request too large; such hours are left to the API."""

BLANK_ROWS, BLANK_EXCEPTIONS = 1, 3
MOST_LISTED = 20
"""Problems listed above the rows; each is also shown at its row."""


class HoursInput(forms.Widget):
    template_name = "widgets/opening_hours.html"
    use_fieldset = True

    class Media:
        js = ("widgets/opening_hours.js",)
        css = {"all": ("widgets/opening_hours.css",)}

    def value_from_datadict(self, data: Mapping[str, object], files: object, name: str) -> WrittenHours:
        def typed(*parts: str) -> list[str]:
            key = "-".join((name, *parts))
            texts = data.getlist(key) if isinstance(data, MultiValueDict) else data.get(key, [])
            return [text.strip() for text in cast("list[str]", texts)]

        week = {day: _zip_rows(typed(day, "from"), typed(day, "to")) for day in WEEKDAYS}
        dated = _zip_rows(typed("exceptions", "from"), typed("exceptions", "to"), typed("exceptions", "date"))
        return WrittenHours(f"{name}-always" in data, week, dated)

    def value_omitted_from_data(self, data: Mapping[str, object], files: object, name: str) -> bool:
        return False  # a switch that is off sends nothing

    def id_for_label(self, id_: str) -> str:
        return ""  # no single input is labelled by the field's name

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        context = super().get_context(name, value, attrs)
        written = value if isinstance(value, WrittenHours) else write(value)
        if isinstance(value, WrittenHours):
            written.check()
        return context | {
            "written": written,
            "blank": [Row()] * BLANK_ROWS,
            "blank_exceptions": [Row()] * BLANK_EXCEPTIONS,
            "input_classes": " ".join((*(name for name in BASE_CLASSES if "errors" not in name), "px-3", "py-2")),
            "checkbox_classes": " ".join(CHECKBOX_CLASSES),
        }


class HoursField(forms.Field):
    """Returns the stored form of the hours. Raises a ValidationError that names each wrong day and period."""

    widget = HoursInput

    def clean(self, value: object) -> object:
        if not isinstance(value, WrittenHours):  # the field is disabled: the stored value
            return value
        problems = value.check()
        if problems:
            raise ValidationError(problems[:MOST_LISTED])
        return value.meaning()

    def has_changed(self, initial: object, data: object) -> bool:
        return not (isinstance(data, WrittenHours) and mean_the_same(initial, data.meaning()))


def fits(opening_time: object) -> bool:
    """Whether the form can hold these hours."""
    return count_rows(opening_time) <= MOST_ROWS


def _zip_rows(begins: list[str], ends: list[str], dates: list[str] | None = None) -> list[Row]:
    """Lists of different lengths, which the form does not send, are filled up with blanks."""
    lists = (begins, ends, dates or [])
    return [
        Row(*(texts[number] if number < len(texts) else "" for texts in lists))
        for number in range(max(len(texts) for texts in lists))
    ]
