"""What the documents say of settings, commands, addresses and files is true."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SETTINGS_READ = re.compile(r"""(?:env\.\w+|_secret)\(\s*["']([A-Z_]+)["']""")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def read_settings() -> set[str]:
    return set(SETTINGS_READ.findall(text_of("voipcrm/settings.py")))


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

    assert set(re.findall(r"`make ([a-z]+)`", text_of("README.md") + text_of("CONTRIBUTING.md"))) <= targets


def test_every_address_in_the_readme_is_answered() -> None:
    readme = text_of("README.md").replace("$CALL", "1")
    paths = {f"/voip{path}" for path in re.findall(r'"\$API(/[a-z0-9_./]+)', readme)} | set(
        re.findall(r"127\.0\.0\.1:8000(/[a-z/]+)", readme)
    )

    assert paths
    for path in paths - {"/voip"}:
        try:
            resolve(path)
        except Resolver404:
            pytest.fail(f"{path} in the README leads nowhere")
