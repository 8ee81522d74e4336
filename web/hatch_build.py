"""Puts the built web into the package, so that nobody needs Node at run time."""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

import build_web


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Asks for Node from the Python index only when there is something to build and the system has none."""

    def dependencies(self) -> list[str]:
        return [build_web.NODE_WHEEL] if must_build() and not build_web.system_has_node() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if must_build():
            build_web.build()


def must_build() -> bool:
    """`ONETHREAD_SKIP_WEB=1` is for jobs that never open a browser; the hub then says how to build."""
    return os.environ.get("ONETHREAD_SKIP_WEB") != "1" and build_web.is_stale()
