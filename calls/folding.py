"""Search without diacritics, so that “lodz” finds “Łódź”: the same folding in the index and for the query.

PostgreSQL's `unaccent` is an extension that not every server has; `translate` is built in and immutable, as an index requires.
"""

import unicodedata

from django.contrib.postgres.search import SearchVector
from django.db.models import Func, TextField, Value

_WITHOUT_DECOMPOSITION = {
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ø": "o",
    "Ø": "O",
    "ħ": "h",
    "Ħ": "H",
    "ı": "i",
    "ŧ": "t",
    "Ŧ": "T",
}
_LATIN = (chr(code) for code in range(0xC0, 0x180))
_PLAIN = {
    letter: base[0]
    for letter in _LATIN
    if letter.isalpha() and (base := unicodedata.normalize("NFD", letter))[0].isascii()
} | _WITHOUT_DECOMPOSITION
_MARKED, _BASES = "".join(_PLAIN), "".join(_PLAIN.values())
_TABLE = str.maketrans(_MARKED, _BASES)


def fold(text: str) -> str:
    return text.translate(_TABLE)


def words_of(column: str) -> SearchVector:
    """The folded words of a column, exactly as in its index."""
    folded = Func(column, Value(_MARKED), Value(_BASES), function="TRANSLATE", output_field=TextField())
    return SearchVector(folded, config="simple")
