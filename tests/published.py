"""The published reference as a document. PyYAML's own reader takes seconds for it, libyaml's does not."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PUBLISHED = Path(__file__).parents[1] / "docs" / "openapi.yml"


@cache
def reference() -> dict[str, Any]:
    """Not to be changed: all tests share it."""
    read: dict[str, Any] = yaml.load(PUBLISHED.read_text(), yaml.CSafeLoader)
    return read
