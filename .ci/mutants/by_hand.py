"""Mistakes that were chosen by hand, in what cosmic-ray cannot read: the button's script and statements of SQL (by_hand.toml)."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from typing import NamedTuple

from tree import HERE, PYTEST, TREE, WORK, Mutant, digest, limit_of, seconds_without_mistakes

RESULTS = WORK / "by_hand.json"


class Mistake(NamedTuple):
    file: str
    was: str
    became: str
    tests: Sequence[str]


def mistakes() -> list[Mistake]:
    """From by_hand.toml: for each file its tests, and pairs of the right text and the mistake that replaces it."""
    written = tomllib.loads((HERE / "by_hand.toml").read_text(encoding="utf-8"))
    return [
        Mistake(file, was, became, entry["tests"])
        for file, entry in written.items()
        for was, became in entry["mistakes"]
    ]


def run(file: str) -> None:
    results = _results()
    pending = [each for each in mistakes() if each.file == file and _key(each) not in results]
    if not pending:
        return
    limit, source = (
        limit_of(seconds_without_mistakes(file, pending[0].tests)),
        (TREE / file).read_text(encoding="utf-8"),
    )
    for done, mistake in enumerate(pending, start=1):
        if source.count(mistake.was) != 1:
            sys.exit(f"by_hand.toml: {file} has {mistake.was!r} {source.count(mistake.was)} times and not once.")
        (TREE / file).write_text(source.replace(mistake.was, mistake.became), encoding="utf-8")
        outcome = _test(mistake.tests, limit)
        (TREE / file).write_text(source, encoding="utf-8")
        results[_key(mistake)] = outcome
        RESULTS.write_text(json.dumps(results), encoding="utf-8")
        print(f"{file} {done}/{len(pending)} {outcome}", flush=True)


def known(file: str) -> list[Mutant]:
    results = _results()
    return [
        Mutant(file, each.was.strip(), each.became.strip(), results.get(_key(each), "pending"))
        for each in mistakes()
        if each.file == file
    ]


def _results() -> dict[str, str]:
    return dict(json.loads(RESULTS.read_text(encoding="utf-8"))) if RESULTS.exists() else {}


def _key(mistake: Mistake) -> str:
    """Digest of the mistake, the file and the tests: everything that decides whether it is noticed."""
    return digest([mistake.file, *mistake.tests], mistake.was, mistake.became)


def _test(tests: Sequence[str], limit: float) -> str:
    try:
        run = subprocess.run([*PYTEST, *tests], cwd=TREE, capture_output=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        return "timeout"
    if run.returncode not in (0, 1):
        sys.exit(f"{run.stdout.decode()}\nThe tests could not be run.")
    return "killed" if run.returncode else "survived"
