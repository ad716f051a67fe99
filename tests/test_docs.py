"""What the documents say of settings, commands, addresses and files is true."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve
from published import reference
from settings_of_tests import read_settings

from voipcrm import __version__

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

NO_SETTINGS = {
    "FILE_UPLOAD_HANDLERS",
    "FUZZ_EXAMPLES",
    "POSTGRES_PASSWORD",
    "PROMETHEUS_MULTIPROC_DIR",
    "TEST_DATABASE_PREPARED_STATEMENTS",
    "TEST_DATABASE_TRANSACTION_POOLING",
    "TEST_DATABASE_URL",
}
FOLDERS = "autocalls|bench|calls|docs|integrations|sips|tests|voipcrm|widgets"
PREFIXES = {"/voip/", "/voip/webhooks/"}
"""What addresses begin with."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def test_every_setting_is_described_and_no_other() -> None:
    assert set(re.findall(r"^\| `([A-Z_]+)`", text_of("docs/settings.md"), re.MULTILINE)) == read_settings()


def test_the_example_environment_names_only_real_settings() -> None:
    assert set(re.findall(r"^#? ?([A-Z_]+)=", text_of(".env.example"), re.MULTILINE)) <= read_settings()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    missing = [link for link in links if not link.startswith("http") and not (document.parent / link).exists()]

    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_named_exists(document: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", document.read_text()))

    assert named <= set(get_commands())


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))

    assert {target for page in DOCUMENTS for target in re.findall(r"`make ([a-z]+)", page.read_text())} <= targets


def test_every_variable_named_is_a_setting() -> None:
    pages = [page for page in DOCUMENTS if page.parent.name != "providers"]  # which name their providers' words
    named = {
        name
        for page in pages
        for name in re.findall(r"(?<!\.py`: )(?<!, )`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`", page.read_text())
    }

    assert named - read_settings() <= NO_SETTINGS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_address_named_is_answered(document: Path) -> None:
    text = re.sub(r"\$CALL|\bID\b|:id\b", "1", document.read_text())
    named = {f"/voip{path}" for path in re.findall(r"\$API(/[\w./]*[\w])", text)}
    named |= set(re.findall(r"(?:`|`[A-Z]+ |127\.0\.0\.1:8000)(/(?:voip|admin)/[\w./]*[\w]/?)(?=[`?)\s])", text))

    lost = [path for path in named - PREFIXES if not _is_answered(path)]

    assert not lost


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_endpoint_named_is_in_the_reference(document: Path) -> None:
    paths = [re.sub(r"\{\w+\}", "ID", path) for path in reference()["paths"]]
    named = re.findall(r"`(?:[A-Z]+ )?([a-z_]+(?:/[A-Za-z_]+)*\.json)", document.read_text())

    assert [name for name in named if not any(path.endswith(f"/{name}") for path in paths)] == []


def _is_answered(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def test_the_index_leads_to_every_page() -> None:
    pages = {str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/*.md")} - {"index.md"}
    pages |= {str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/providers/*.md")}

    assert pages <= set(re.findall(r"\]\(([^)#]+)", text_of("docs/index.md")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_the_repository_that_is_named_exists(document: Path) -> None:
    named = re.findall(
        rf"`((?:{FOLDERS})/(?:[\w.*-]+/)*(?:[\w*-]+\.(?:py|js|css|html|md|toml|yml))?)[`:(]", document.read_text()
    )

    assert [path for path in named if not list(ROOT.glob(path.rstrip("/.")))] == []


def test_every_name_in_the_table_of_rules_is_in_its_file() -> None:
    rows = re.findall(r"`([\w/]+\.py)`: (`\w+`(?:, `\w+`)*)", text_of("docs/architecture.md"))
    named = [(path, name) for path, names in rows for name in re.findall(r"\w+", names)]

    assert len(named) > 30
    assert [
        (path, name)
        for path, name in named
        if not re.search(rf"^ *(?:def |class )?{name}\b", text_of(path), re.MULTILINE)
    ] == []


def test_the_version_is_one() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    newest = re.findall(r"^## (.+) \((?:unreleased|\d{4}-\d{2}-\d{2})\)$", text_of("CHANGELOG.md"), re.MULTILINE)[0]

    assert version == newest == __version__
    assert f"### {version}\n" in text_of("docs/upgrading.md")
