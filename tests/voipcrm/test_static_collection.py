"""`make run` collects the static files only when they have changed."""

import json
import os
import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings

from voipcrm import static_collection


@pytest.fixture
def source(tmp_path: Path, settings: LazySettings) -> Path:
    """A file of ours, of which a first start has collected everything."""
    file = tmp_path / "source" / "page.css"
    file.parent.mkdir()
    file.write_text("a {color: red}")
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [file.parent]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    static_collection.collect()
    return file


def collected(root: Path) -> str:
    """What a page gets."""
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    return (root / str(names["page.css"])).read_text()


def test_unchanged_files_are_not_collected_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_collection, "call_command", None)

    static_collection.collect()


@pytest.mark.parametrize("later", [0, 10**9, -(10**9)])
def test_a_changed_file_is_collected(source: Path, settings: LazySettings, later: int) -> None:
    """Also one of the same size, written within the same moment, or older: as it was unpacked from an archive."""
    written = source.stat().st_mtime_ns
    source.write_text("a {color: tan}" if later else "a {color: blue}")
    os.utime(source, ns=(written + later, written + later))

    static_collection.collect()

    assert collected(settings.STATIC_ROOT) == source.read_text()


def test_what_was_removed_is_collected_again(source: Path, settings: LazySettings) -> None:
    shutil.rmtree(settings.STATIC_ROOT)

    static_collection.collect()

    assert collected(settings.STATIC_ROOT) == source.read_text()


def test_what_was_not_collected_to_its_end_is_collected_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the files are as they were before."""
    text, written = source.read_text(), source.stat().st_mtime_ns
    calls: list[str] = []

    def interrupted(name: str, **_options: object) -> None:
        calls.append(name)
        raise KeyboardInterrupt

    monkeypatch.setattr(static_collection, "call_command", interrupted)
    for content in ("a {color: green}", text):
        source.write_text(content)
        os.utime(source, ns=(written, written))
        with pytest.raises(KeyboardInterrupt):
            static_collection.collect()

    assert calls == ["collectstatic", "collectstatic"]
