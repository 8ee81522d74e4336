"""Runs the Dockerfile's own lines in a clean folder and starts the result, for machines without a container engine.

Each stage is a folder and each absolute path lies inside it; `FROM` is a fresh virtual environment of this Python.
What it can't show is the base image itself and the change of user.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Stage:
    root: Path
    place: Path
    env: dict[str, str]
    command: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.place / path


class Build:
    """Knows the instructions that our Dockerfile uses and refuses any other, so that none is skipped in silence."""

    def __init__(self, work: Path, context: Path) -> None:
        self.work, self.context = work, context
        self.stages: dict[str, Stage] = {}
        self.stage: Stage

    def do(self, instruction: str, rest: str) -> None:
        step = getattr(self, f"do_{instruction.lower()}", None)
        if step is None:
            raise SystemExit(f"docker/check.py does not know {instruction}: teach it, or keep to the known ones")
        print(f"--- {instruction} {rest}", flush=True)
        step(rest)

    def do_from(self, rest: str) -> None:
        name = rest.split(" AS ")[1] if " AS " in rest else "last"
        root = self.work / name
        subprocess.run([sys.executable, "-m", "venv", root / "python"], check=True)
        path = f"{root / 'python' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith(("ONETHREAD_", "VIRTUAL_ENV"))
        }
        self.stage = self.stages[name] = Stage(root, root, {**inherited, "PATH": path})

    def do_workdir(self, rest: str) -> None:
        self.stage.place = self.stage.inside(rest)
        self.stage.place.mkdir(parents=True, exist_ok=True)

    def do_copy(self, rest: str) -> None:
        *options, source, target = shlex.split(rest)
        origin = self.context / source
        if options:
            stage = self.stages[options[0].removeprefix("--from=")]
            origin = stage.inside(source)
        goal = self.stage.inside(target)
        if origin.is_dir():
            shutil.copytree(origin, goal, dirs_exist_ok=True)
        else:
            shutil.copy(origin, goal)

    def do_run(self, rest: str) -> None:
        subprocess.run(["/bin/sh", "-c", rest], cwd=self.stage.place, env=self.stage.env, check=True)

    def do_env(self, rest: str) -> None:
        key, value = rest.split("=", 1)
        self.stage.env[key] = str(self.stage.inside(value)) if value.startswith("/") else value

    def do_entrypoint(self, rest: str) -> None:
        self.stage.command = json.loads(rest)

    def do_cmd(self, rest: str) -> None:
        self.stage.command += json.loads(rest)

    def do_healthcheck(self, rest: str) -> None:
        """Run at the end, as the engine would."""

    do_user = do_volume = do_expose = do_healthcheck


def instructions(text: str) -> list[tuple[str, str]]:
    joined = text.replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    parts = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return [(name, rest.strip()) for name, rest in parts]


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=2) as response:
        body: str = response.read().decode()
        return body


def answer(stage: Stage) -> str:
    """Starts what the image would start, on a free port, and returns what it says about its health."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**stage.env, "ONETHREAD_PORT": str(port), "ONETHREAD_HOST": "127.0.0.1"}
    hub = subprocess.Popen(stage.command, cwd=stage.place, env=env)
    try:
        for _ in range(300):
            time.sleep(0.1)
            try:
                body = get(f"http://127.0.0.1:{port}/health")
            except OSError:
                continue
            subprocess.run([stage.command[0], "healthy"], cwd=stage.place, env=env, check=True)
            get(f"http://127.0.0.1:{port}/w.js")  # the web was built into the package
            return body
        raise SystemExit("the hub did not answer /health within 30 s")
    finally:
        hub.terminate()
        hub.wait(30)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="onethread-image-") as folder:
        work, context = Path(folder), Path(folder) / "context"
        context.mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x"], cwd=context, input=archive, check=True)
        build = Build(work, context)
        for name, rest in instructions((context / "docker" / "Dockerfile").read_text()):
            build.do(name, rest)
        print(f"The image's steps ran and its hub answers: {answer(build.stage)}")


if __name__ == "__main__":
    main()
