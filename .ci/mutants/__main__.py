"""`make mutants`: mistakes are put into the core modules, one at a time, and the tests of the module have to notice.

    make mutants                                   every module of modules.toml and by_hand.toml, going on where it was stopped
    make mutants ONLY="sips/lines.py ..."          these alone
    make mutants EVERY=10                          a random tenth of the mutants, for a first figure within an hour or two

Works on a copy in the environment's folder, so a run that is killed leaves no mistake in your files. The results of a module are kept until the
module, its tests or the kinds of mistakes change. Exits with 1 if a mutant survived that survivors.toml does not explain.
"""

import os
import sys
import tomllib
from collections.abc import Sequence

import by_hand
import by_machine
from tree import HERE, Mutant, copy_sources, database_held


def main(chosen: Sequence[str], *, every: int) -> int:
    tests = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    files = list(dict.fromkeys([*tests, *(mistake.file for mistake in by_hand.mistakes())]))
    if unknown := set(chosen) - set(files):
        sys.exit(f"Neither in modules.toml nor in by_hand.toml: {', '.join(sorted(unknown))}")
    by_machine.prepare()
    copy_sources()
    with database_held():
        for file in chosen or files:
            by_hand.run(file)
            if file in tests:
                by_machine.run(file, tests[file], every=every)
    return report(files)


def report(files: Sequence[str]) -> int:
    named = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8")).get("survivor", [])
    reasons = {(each["file"], each["was"].strip(), each["became"].strip()) for each in named}
    head = ("mutants", "killed", "timeout", "named", "alive", "pending")
    print(f"\n{'':42}" + "".join(f"{word:>9}" for word in head))
    unexplained: list[Mutant] = []
    for file in files:
        mutants = [*by_machine.known(file), *by_hand.known(file)]
        if not mutants:
            print(f"{file:42}  not run yet")
            continue
        count = {word: sum(mutant.outcome == word for mutant in mutants) for word in ("killed", "timeout", "pending")}
        alive = [mutant for mutant in mutants if mutant.outcome == "survived"]
        new = [mutant for mutant in alive if (file, mutant.was, mutant.became) not in reasons]
        row = (len(mutants), count["killed"], count["timeout"], len(alive) - len(new), len(new), count["pending"])
        print(f"{file:42}" + "".join(f"{number:9}" for number in row))
        unexplained += new
    for mutant in unexplained:
        print(f"\n{mutant.file}\n- {mutant.was}\n+ {mutant.became}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], every=int(os.environ.get("EVERY") or 1)))
