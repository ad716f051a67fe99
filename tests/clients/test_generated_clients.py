"""Clients that others' generators make of docs/openapi.yml, each used by a program of a stranger's against the running product."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db(transaction=True)

PUBLISHED = Path(settings.BASE_DIR) / "docs" / "openapi.yml"
HERE = Path(__file__).parent
DONE = "all as the reference says\n"
TYPESCRIPT = HERE / "typescript"


def run(*command: str, folder: Path, **environment: str) -> str:
    """What the command writes; a failure shows all of it."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def require_typescript() -> None:
    """Without node or its packages the test is skipped, on a CI it fails."""
    if shutil.which("node") and (TYPESCRIPT / "node_modules").is_dir():
        return
    reason = "no node, or its packages are missing: npm ci --prefix tests/clients/typescript"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def test_a_typescript_client_is_generated_checked_and_works(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    require_typescript()
    for name in ("program.ts", "tsconfig.json", "package.json"):
        shutil.copy(TYPESCRIPT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(TYPESCRIPT / "node_modules")
    tools = tmp_path / "node_modules" / ".bin"

    run(str(tools / "openapi-typescript"), str(PUBLISHED), "--output", "schema.ts", folder=tmp_path)
    run(str(tools / "tsc"), folder=tmp_path)
    told = run("node", "compiled/program.js", folder=tmp_path, **request.getfixturevalue("product_at_work"))

    assert told == DONE


def test_a_python_client_is_generated_without_loss_and_works(tmp_path: Path, product_at_work: dict[str, str]) -> None:
    tools = Path(sys.executable).parent
    path = os.pathsep.join([str(tools), os.environ.get("PATH", "")])  # the generator formats what it makes with ruff
    generate = (str(tools / "openapi-python-client"), "generate", "--path", str(PUBLISHED), "--meta", "none")
    run(*generate, "--fail-on-warning", "--output-path", str(tmp_path / "voipcrm_client"), folder=tmp_path, PATH=path)

    told = run(
        sys.executable,
        str(HERE / "python" / "program.py"),
        folder=tmp_path,
        PYTHONPATH=str(tmp_path),
        **product_at_work,
    )

    assert told == DONE
