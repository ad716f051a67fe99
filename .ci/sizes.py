"""Lists functions and files that are too long: `make sizes`, part of `make check`. Of `Any` in the product it says when there is more than before.

A function counts from its `def` to its end without its docstring, a file with all its lines. Migrations are generated and not measured.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION, FILE, TEST_FILE = 30, 250, 400
ROOT = Path(__file__).parents[1]
ANY = 74
"""Lines of the product with `Any`, at most: to be lowered with each that goes."""
FOLDERS = ("autocalls", "bench", "calls", "integrations", "sips", "tests", "voipcrm", "widgets")


def main() -> int:
    found = [violation for file in sources() for violation in measure(file)]
    if (lines := sum(map(lines_with_any, sources()))) > ANY:
        found.append(
            f"{lines} lines of the product with Any, {ANY} at most: say what it is, or object where nothing is asked of it"
        )
    sys.stdout.writelines(f"{violation}\n" for violation in found)
    return 1 if found else 0


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in file.parts)


def measure(file: Path) -> Iterator[str]:
    text, name = file.read_text(encoding="utf-8"), file.relative_to(ROOT)
    limit = TEST_FILE if name.parts[0] == "tests" else FILE
    if (lines := len(text.splitlines())) > limit:
        yield f"{name}: {lines} lines, {limit} at most"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := length(node)) > FUNCTION:
            yield f"{name}:{node.lineno} {node.name}: {lines} lines, {FUNCTION} at most"


def lines_with_any(file: Path) -> int:
    is_product = file.relative_to(ROOT).parts[0] not in ("bench", "tests")
    return sum(bool(re.search(r"\bAny\b", line)) for line in file.open(encoding="utf-8")) if is_product else 0


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node, clean=False) is not None else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


if __name__ == "__main__":
    sys.exit(main())
