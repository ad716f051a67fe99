"""What a process of the web does not load until somebody asks for it: memory is for each worker."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

LOAD = "import sys, voipcrm.asgi; from django.urls import reverse; reverse('admin:index'); print(*sys.modules)"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a web process that has served nothing yet."""
    environment = os.environ | {"VOIPCRM_DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ["openpyxl", "xlsxwriter", "holidays", "httpx", "sippy", "dns"])
def test_what_only_some_pages_need_is_not_loaded_at_the_start(loaded: set[str], package: str) -> None:
    assert package not in loaded
