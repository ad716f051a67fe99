"""Withheld callers, in the formats of networks, exchanges and providers. All become one word and are never a customer."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from sips.number_writing import drop_invisible, find_user_part

ANONYMOUS = "anonymous"
"""The one word, of RFC 3323."""

_WITHHELD = """
    anonymous, unknown, restricted, unavailable, not available, private, withheld, blocked, hidden, coverage unavailable, payphone, out of area,
    anonim, anonimowy, anonimowe, nieznany, nieznane, zastrzeżony, zastrzeżone, prywatny, prywatne, ukryty, ukryte,
    anonym, anonymer, anonyme, unbekannt, unbekannter, unbekannte, unterdrückt, unterdrückte, privat, private,
    anonymní, neznámý, neznámé, skrytý, skryté, soukromý, soukromé, utajený, utajené, tajné,
    anónimo, anónima, desconocido, desconocida, oculto, oculta, privado, privada, inconnu, masqué, privé, anonimo, sconosciuto, privato, nascosto,
    анонимный, неизвестный, неизвестно, скрытый, скрыт, анонім, анонімний, невідомий, невідомо, прихований, приховано
"""
_NUMBERS = """
    number, caller, caller number, caller id, id, call, numer, numer telefonu, abonent, połączenie, Nummer, Rufnummer, Anrufer, Teilnehmer, Anruf,
    číslo, volající, hovor, número, llamada, numéro, appel, appelant, numero, chiamata, номер, номер телефона, абонент, звонок, вызов, дзвінок
"""
"""What is withheld, before or after the word."""
_WRITINGS = "CLIR, P, O, no number, no caller id, brak, brak numeru, interaction with other service, coin line payphone"
"""P and O: private and out of area, as caller ID on American analog lines (CLASS) says it and Asterisk's `chan_dahdi` passes it on. The last ones are
the reasons of 3GPP TS 22.081."""
_DIGITS = frozenset({"-1", "-2", "266696687", "86282452253", "8656696", "2562533", "7378742833"})
"""Besides zeros: none, and ANONYMOUS, UNAVAILABLE, UNKNOWN, BLOCKED and RESTRICTED on a telephone's keys. Only of a caller: 0 can be called."""
_HOST = re.compile(r"@anonymous\.invalid\b", re.IGNORECASE)  # RFC 3323, whatever the user part


@lru_cache(maxsize=4096)
def is_withheld(raw: str) -> bool:
    """Whether the text stands for a withheld number."""
    text = drop_invisible(raw)
    given = drop_invisible(find_user_part(text))
    if _HOST.search(text) or is_withheld_word(given):
        return True
    digits = "".join(given.split()).removeprefix("+")
    return digits in _DIGITS or (digits != "" and digits.strip("0") == "")


def is_withheld_word(text: str) -> bool:
    """The same for words only."""
    return not any(map(str.isdecimal, text)) and _letters(text) in _WORDS


def _letters(text: str) -> str:
    """Lower-case letters only, without accents."""
    return "".join(character for character in unicodedata.normalize("NFKD", text).casefold() if character.isalpha())


def _words() -> Iterator[str]:
    withheld, numbers, others = (map(_letters, each.split(",")) for each in (_WITHHELD, _NUMBERS, _WRITINGS))
    yield from others
    for word, number in product(withheld, ["", *numbers]):
        yield word + number
        yield number + word


_WORDS = frozenset(_words())
