"""The documentation names files, commands and settings that exist."""

import re
from pathlib import Path

import pytest

from hub.config import Config

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("connectors/*/*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)")
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    assert set(re.findall(r"`?make ([a-z]+)`", page.read_text())) <= targets


def test_every_setting_is_described_and_no_other() -> None:
    described = set(re.findall(r"`ONETHREAD_([A-Z_]+)`", (ROOT / "docs" / "operate.md").read_text()))
    assert described == {name.upper() for name in Config.model_fields if name != "demo"}


def test_the_site_has_every_page() -> None:
    named = set(re.findall(r'"([a-z/-]+\.md)"', (ROOT / "docs" / "zensical.toml").read_text()))
    assert named == {str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md")}
