"""The code blocks of a documentation page, by their titles."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(page: str) -> dict[str, str]:
    """Title -> text of every titled block of `docs/PAGE`."""
    return dict(BLOCK.findall((DOCS / page).read_text(encoding="utf-8")))
