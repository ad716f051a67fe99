"""JSON inputs of the back-office."""

import json
from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext


class JSONInput(forms.JSONField):
    """JSON laid out in lines by `lay_out`. Emptied, it is the model's empty value; text that PostgreSQL cannot store is refused."""

    def __init__(
        self,
        *,
        empty: Callable[[], object],
        encoder: type[json.JSONEncoder] | None = None,
        decoder: type[json.JSONDecoder] | None = None,
        **options: object,
    ) -> None:
        super().__init__(encoder, decoder, **options)
        self.empty = empty

    def prepare_value(self, value: object) -> str:
        return value if isinstance(value, InvalidJSONInput) else lay_out(value)

    def clean(self, value: object) -> object:
        read = super().clean(value)
        text = json.dumps(read, ensure_ascii=False)
        if "\\u0000" in text or not is_unicode(text):
            raise ValidationError(gettext("This holds a character that cannot be stored."))
        return self.empty() if read is None else read


def lay_out(value: object, indent: str = "") -> str:
    """JSON with each member of an object on its own line, and lists on one line."""
    if not isinstance(value, dict) or not value:
        return _write(value)
    inner = f"{indent}  "
    members = (f"{inner}{_write(name)}: {lay_out(member, inner)}" for name, member in value.items())
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"


def _write(value: object) -> str:
    """With readable characters; lone surrogates, which no page can show, stay escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if is_unicode(text) else json.dumps(value)


def is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
