"""The Polish catalogue: complete, true to its placeholders, and the one that is compiled."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
import unfold
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation import gettext, override, templatize

CATALOGUE = settings.BASE_DIR / "voipcrm" / "locale" / "pl" / "LC_MESSAGES" / "django.po"
ROOMS = ("autocalls", "calls", "integrations", "sips", "voipcrm", "widgets")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sd]|\{\w*\}")
PO = polib.pofile(str(CATALOGUE))
UNFOLD = Path(unfold.__file__).parent
NOT_USED = ("contrib/", "templates/unfold_crispy/", "templates/unfold/helpers/command")


def messages(file: Path) -> Iterator[str]:
    """The texts of a module or template that are to be translated; of a plural the singular."""
    source = file.read_text()
    if file.suffix == ".html":
        source = "\n".join(line.strip() for line in templatize(source, origin=str(file)).splitlines())
    for _line, found, _comments, _context in extract(
        "python", io.BytesIO(source.encode()), KEYWORDS, options={"encoding": "utf-8"}
    ):
        if text := found if isinstance(found, str) else next(filter(None, found)):
            yield text


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for file in sorted((settings.BASE_DIR / room).rglob("*")):
            if file.suffix in (".py", ".html") and "migrations" not in file.parts:
                yield file


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def polish(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("entry", PO, ids=lambda entry: entry.msgid[:40])
def test_every_text_is_in_polish_with_the_same_placeholders(entry: polib.POEntry) -> None:
    texts = polish(entry)

    assert all(texts)
    assert all(placeholders(text) == placeholders(entry.msgid) for text in texts)
    assert "fuzzy" not in entry.flags


def test_every_plural_has_all_the_forms_of_polish() -> None:
    forms = int(re.findall(r"nplurals=(\d)", PO.metadata["Plural-Forms"])[0])

    assert all(len(polish(entry)) == forms for entry in PO if entry.msgid_plural)


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    assert {entry.msgid: polish(entry) for entry in compiled} == {entry.msgid: polish(entry) for entry in PO}


def test_no_text_of_the_sources_is_missing_from_the_catalogue() -> None:
    known = {entry.msgid for entry in PO}

    missing = {(file.name, text) for file in sources() for text in messages(file) if text not in known}

    assert not missing, (
        "run: manage.py makemessages -l pl --no-location --ignore .venv --ignore .data, translate, manage.py compilemessages"
    )


def test_no_text_of_the_catalogue_is_gone_from_the_sources() -> None:
    used = {text for file in sources() for text in messages(file)}

    assert {entry.msgid for entry in PO} <= used


def test_no_word_of_unfold_is_left_in_english() -> None:
    """unfold brings no translations: its words are ours to translate, see `voipcrm/unfold_words.py`."""
    files = [file for file in UNFOLD.rglob("*") if file.suffix in (".py", ".html")]
    shown = [file for file in files if not str(file.relative_to(UNFOLD)).startswith(NOT_USED)]
    shown += [file for file in files if "contrib/filters" in str(file)]

    with override("pl"):
        english = {text for file in shown for text in messages(file) if gettext(text) == text}

    assert english == set()
