"""Where the providers' own descriptions lie: never in the repository, since they are not ours to keep copies of."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.hub import REPOSITORY

FOLDER = Path(os.environ.get("ONETHREAD_SPECS") or Path(REPOSITORY).parent / "shared" / "specs")


def published(name: str) -> dict[str, Any]:
    """One of them; where they aren't, the test is skipped and says so."""
    file = FOLDER / name
    if not file.is_file():
        pytest.skip(f"{name} isn't here: set ONETHREAD_SPECS to a folder of published interfaces")
    described: dict[str, Any] = json.loads(file.read_bytes())
    return described
