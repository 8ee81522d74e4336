"""The `onethread` command as an operator types it: real processes, real output, real exit codes."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from openapi_spec_validator import validate

from tests.support.hub import REPOSITORY, Hub


def onethread(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *arguments],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_openapi_prints_a_valid_document() -> None:
    ran = onethread("openapi")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_a_wrong_setting_is_named() -> None:
    ran = onethread("serve", ONETHREAD_PUBLIC_URL="support.example.org")
    assert ran.returncode == 1
    assert "ONETHREAD_PUBLIC_URL: must begin with https://" in ran.stderr


def test_a_missing_database_is_a_sentence(tmp_path: Path) -> None:
    ran = onethread(
        "serve", ONETHREAD_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none", ONETHREAD_DATA=str(tmp_path)
    )
    assert ran.returncode == 1
    assert "The database can't be reached" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_taken_port_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    ran = onethread("serve", ONETHREAD_PORT=str(hub.port), ONETHREAD_DATA=str(tmp_path / "other"))
    assert ran.returncode == 1
    assert "Choose another ONETHREAD_PORT" in ran.stderr


def test_agent_add_prints_a_link_that_the_running_hub_knows(hub: Hub) -> None:
    env = {name: value for name, value in hub.env.items() if name.startswith("ONETHREAD_")}
    ran = onethread("agent", "add", "sofia@shop.example", "Sofia Lind", **env)
    assert ran.returncode == 0, ran.stderr
    token = re.search(r"/link/(\S+)", ran.stdout)
    assert token
    with urllib.request.urlopen(f"{hub.url}/api/links/{token[1]}") as answer:
        told = json.load(answer)
    assert (told["purpose"], told["email"]) == ("invite", "sofia@shop.example")


def test_doctor_finds_what_is_well_and_what_is_not(hub: Hub) -> None:
    env = {name: value for name, value in hub.env.items() if name.startswith("ONETHREAD_")}
    ran = onethread("doctor", **env)
    assert ran.returncode == 1
    assert "ok  port: the hub answers" in ran.stdout
    assert "ok  public URL" in ran.stdout
    assert "ok  sockets" in ran.stdout
    assert "fix database: SQLite answers, and nobody can sign in yet" in ran.stdout
    hub.kill()
    assert "fix public URL" in onethread("doctor", **env).stdout
