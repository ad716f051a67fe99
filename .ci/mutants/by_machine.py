"""Mistakes that cosmic-ray makes in a module of Python, one after the other."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkResult
from operators import Mistakes, check_examples
from tree import PYTEST, TREE, WORK, Mutant, digest, limit_of, seconds_without_mistakes
from worth import is_chosen, is_worth_testing

SKIPPED = WorkResult(worker_outcome=WorkerOutcome.SKIPPED)


def prepare() -> None:
    check_examples()
    cosmic_ray.plugins.OPERATOR_PROVIDERS["voipcrm"] = Mistakes()


def run(module: str, tests: Sequence[str], *, every: int) -> None:
    """every: one mutant of so many is tried. The choice is random, but the same when a run is resumed."""
    with use_db(str(_session(module, tests))) as session:
        pending = [item for item in session.pending_work_items if int(item.job_id[:8], 16) % every == 0]
        if not pending:
            return
        limit, fresh = limit_of(seconds_without_mistakes(module, tests)), False
        for done, item in enumerate(pending, start=1):
            if not is_worth_testing(item.mutations[0]):
                session.set_result(item.job_id, SKIPPED)
                continue
            result = mutate_and_test(item.mutations, _in_tree(tests, fresh=fresh), limit)
            session.set_result(item.job_id, result)
            fresh = result.output == "timeout"  # it may have left rows behind
            print(f"{module} {done}/{len(pending)} {_outcome(result)}", flush=True)


def known(module: str) -> list[Mutant]:
    """The results so far; of a mutant that was not tried only the operator is known."""
    found: list[Mutant] = []
    for path in WORK.glob(f"{_name(module)}-*.sqlite"):
        with use_db(str(path)) as session:
            found += _mutants(module, session)
    return found


def _name(module: str) -> str:
    return module.replace("/", ".").removesuffix(".py")


def _session(module: str, tests: Sequence[str]) -> Path:
    """The database of results for this state of the module; a new one once the module, its tests or the kinds of mistakes have changed."""
    state = digest([module, *tests, ".ci/mutants/operators.py", ".ci/mutants/worth.py"])
    path = WORK / f"{_name(module)}-{state}.sqlite"
    if path.exists():
        return path
    for outdated in WORK.glob(f"{_name(module)}-*.sqlite"):
        outdated.unlink()
    beginning = WORK / "beginning"
    beginning.unlink(missing_ok=True)
    with use_db(str(beginning)) as session:
        init([TREE / module], session, {})
        foreign = [item.job_id for item in session.work_items if not is_chosen(item.mutations[0].operator_name)]
        session.set_multiple_results(foreign, SKIPPED)
    return beginning.rename(path)


def _in_tree(tests: Sequence[str], *, fresh: bool) -> str:
    """The command that tests the copy; it changes there first, as cosmic-ray runs it in the current folder. fresh: with a new test database."""
    return shlex.join(["env", f"--chdir={TREE}", *PYTEST, *tests, *(["--create-db"] if fresh else [])])


def _outcome(result: WorkResult) -> str:
    return "timeout" if result.output == "timeout" else "killed" if result.is_killed else "survived"


def _mutants(module: str, session: WorkDB) -> Iterator[Mutant]:
    for _, result in session.completed_work_items:
        if result.worker_outcome != WorkerOutcome.SKIPPED:
            lines = (result.diff or "").splitlines()[3:]
            was, became = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in ("-", "+"))
            yield Mutant(module, was.strip(), became.strip(), _outcome(result))
    for item in session.pending_work_items:
        yield Mutant(module, item.mutations[0].operator_name, "", "pending")
