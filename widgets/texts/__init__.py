"""What a visitor reads, in the five languages of the specification: one file each, all with the same keys.

A text with a number in it has one key for each plural form of its language, as `free.one` and `free.few`; the script chooses between them by
`Intl.PluralRules`. `{n}`, `{moment}` and `{zone}` are filled in by the script, in the visitor's own time zone.
"""

from collections.abc import Mapping
from typing import Final

from widgets.texts.cs import CS
from widgets.texts.en import EN
from widgets.texts.es import ES
from widgets.texts.pl import PL
from widgets.texts.uk import UK

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {"pl": PL, "en": EN, "uk": UK, "es": ES, "cs": CS}


def locale_for(wanted: str, own: str) -> str:
    """The language to use where a page asks for this one, such as "cs" or "en-US"; `own` where there is no such."""
    language = wanted.lower().replace("_", "-").partition("-")[0]
    return language if language in TEXTS else own
