"""The Polish catalogue: complete, true to its placeholders, and the one that is compiled."""

import ast
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
import unfold
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation import gettext, ngettext, override, templatize

CATALOGUE = settings.BASE_DIR / "voipcrm" / "locale" / "pl" / "LC_MESSAGES" / "django.po"
FOLDERS = ("autocalls", "calls", "integrations", "sips", "voipcrm", "widgets")
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
    return messages_of_template(file) if file.suffix == ".html" else messages_of_module(file)


def messages_of_module(file: Path) -> Iterator[str]:
    """Read as a syntax tree: to a tokenizer what stands in an f-string is a part of the string before Python 3.12, and code since."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            text = node.args[1 if node.func.id.startswith("pgettext") else 0]
            if isinstance(text, ast.Constant) and text.value:
                yield str(text.value)


def messages_of_template(file: Path) -> Iterator[str]:
    source = "\n".join(line.strip() for line in templatize(file.read_text(), origin=str(file)).splitlines())
    for _line, found, _comments, _context in extract(
        "python", io.BytesIO(source.encode()), KEYWORDS, options={"encoding": "utf-8"}
    ):
        if text := found if isinstance(found, str) else next(filter(None, found)):
            yield text


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for file in sorted((settings.BASE_DIR / folder).rglob("*")):
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


def written(entries: Iterable[Any]) -> dict[tuple[str | None, str], list[str]]:
    return {(entry.msgctxt, entry.msgid): polish(entry) for entry in entries}


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    assert written(compiled) == written(PO)


def test_no_text_of_the_sources_is_missing_from_the_catalogue() -> None:
    known = {entry.msgid for entry in PO}

    missing = {(file.name, text) for file in sources() for text in messages(file) if text not in known}

    assert not missing, (
        "run: manage.py makemessages -l pl --no-location --ignore .venv --ignore .data, translate, manage.py compilemessages"
    )


def test_no_text_of_the_catalogue_is_gone_from_the_sources() -> None:
    used = {text for file in sources() for text in messages(file)}

    assert {entry.msgid for entry in PO} <= used


def is_english(text: str) -> bool:
    """Python before 3.11.3 finds the singular of a plural only as such."""
    return gettext(text) == text == ngettext(text, text, 1)


def test_no_word_of_unfold_is_left_in_english() -> None:
    """unfold brings no translations: its words are ours to translate, see `voipcrm/unfold_words.py`."""
    files = [file for file in UNFOLD.rglob("*") if file.suffix in (".py", ".html")]
    shown = [file for file in files if not str(file.relative_to(UNFOLD)).startswith(NOT_USED)]
    shown += [file for file in files if "contrib/filters" in str(file)]

    with override("pl"):
        english = {text for file in shown for text in messages(file) if is_english(text)}

    assert english == set()
