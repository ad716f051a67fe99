"""The examples in deploy/ fit the product, and the programs that read them accept them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} not installed: apt-get install {package}")
    return str(found)


def granian(command: str, host: str) -> list[str]:
    """The Procfile's options for that host."""
    assert "--host" in command
    return shlex.split(PROCFILE["web"].replace("$PORT", "8000").replace("127.0.0.1", host))


def units() -> list[Path]:
    return sorted((DEPLOY / "systemd").iterdir())


def test_the_web_runs_with_the_options_of_the_procfile() -> None:
    unit = re.findall(r"^ExecStart=(.+)", (DEPLOY / "systemd/voipcrm-web.service").read_text(), re.MULTILINE)[0]
    image = re.findall(r"exec (granian .+)\"", (DEPLOY / "Dockerfile").read_text())[0]

    assert shlex.split(unit.replace("/opt/voipcrm/.venv/bin/", "")) == granian(unit, "127.0.0.1")
    assert shlex.split(image) == granian(image, "0.0.0.0")


@pytest.mark.parametrize("name", [name for name in PROCFILE if name != "web"])
def test_every_other_process_has_a_unit_and_a_container(name: str) -> None:
    unit = (DEPLOY / f"systemd/voipcrm-{name.replace('_', '-')}.service").read_text()
    container = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"][name]

    assert f"ExecStart=/opt/voipcrm/.venv/bin/{PROCFILE[name]}\n" in unit
    assert container["command"] == shlex.split(PROCFILE[name])


def test_every_command_in_the_containers_exists() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    named = {service["command"][2] for service in services.values() if service.get("command")}

    assert named <= set(get_commands())


def test_a_command_starts_with_the_environment_of_the_image(tmp_path: Path) -> None:
    (line,) = re.findall(r"^ENV (.+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    of_image = dict(word.split("=", 1) for word in line.split()) | {"VOIPCRM_DATA_DIR": str(tmp_path)}

    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | of_image, capture_output=True, check=False)

    assert ended.returncode == 0, ended.stderr.decode()


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in units():
        text = unit.read_text().replace("User=voipcrm", "User=daemon").replace("Group=voipcrm", "Group=daemon")
        (tmp_path / unit.name).write_text(re.sub(r"=/opt/voipcrm/\S+", "=/bin/true", text).replace("/opt/voipcrm", "/"))

    done = subprocess.run(
        [program("systemd-analyze", "systemd"), "verify", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=voip.example.com"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    site = (DEPLOY / "nginx.conf").read_text().replace("/var/log/nginx", str(tmp_path))
    site = re.sub(r"ssl_certificate .+;", f"ssl_certificate {certificate};", site)
    site = re.sub(r"ssl_certificate_key .+;", f"ssl_certificate_key {key};", site)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ {site} }}\n")

    done = subprocess.run(
        [program("nginx", "nginx-light"), "-t", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
