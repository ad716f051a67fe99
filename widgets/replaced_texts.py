"""The texts that a widget has instead of the product's, by language: `{"en": {"title": "Talk to us"}}`."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from widgets.texts import TEXTS

LONGEST = 500
"""Characters."""

_PLACE = re.compile(r"{\w+}")


def validate_texts(value: object) -> None:
    """Each key must exist, and each text use no other placeholders than the product's."""
    if not isinstance(value, Mapping):
        raise ValidationError(_("Give texts by language, such as {“en”: {“title”: “Talk to us”}}."))
    for locale, texts in value.items():
        if locale not in TEXTS or not isinstance(texts, Mapping):
            raise ValidationError(
                _("There are texts for %(locales)s alone, not for “%(locale)s”.")
                % {"locales": ", ".join(TEXTS), "locale": locale}
            )
        for key, text in texts.items():
            if problem := _problem(locale, key, text):
                raise ValidationError(f"{locale}.{key}: {problem}")


def _problem(locale: str, key: str, text: object) -> str:
    """The error in this text, or ""."""
    if key not in TEXTS[locale]:
        return _("There is no such text.")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        return _("Give a text of 1 to %(longest)d characters.") % {"longest": LONGEST}
    foreign = sorted(set(_PLACE.findall(text)) - set(_PLACE.findall(TEXTS[locale][key])))
    if foreign:
        return _("%(places)s is not filled in here.") % {"places": ", ".join(foreign)}
    return ""
