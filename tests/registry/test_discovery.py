"""Installed packages as connectors: found, and the broken ones reported without stopping anybody."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub import registry

Install = Callable[..., None]

SOUND = """
from connectors.webhook import Webhook
class Extra(Webhook):
    key = "extra"
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package as pip would: a module and a dist-info folder on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules: list[str] = []

    def write(module: str, code: str, **entry_points: str) -> None:
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {module}:{attribute}" for name, attribute in entry_points.items())
        (info / "entry_points.txt").write_text(f"[hub.connectors]\n{lines}\n")
        modules.append(module)
        registry.refresh()

    yield write
    for module in modules:
        sys.modules.pop(module, None)
    registry.refresh()


def test_a_third_party_package_is_found_beside_ours(install: Install) -> None:
    install("extra_connector", SOUND, extra="Extra")
    assert registry.find("extra").__module__ == "extra_connector"
    assert "webhook" in registry.available()
    assert registry.broken() == {}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import a_module_nobody_has", "a_module_nobody_has"),
        ("def (", "invalid syntax"),
        ("raise SystemExit('no licence')", "no licence"),
        ("Extra = 5", "no Connector class"),
        ("from hub.contract import Connector as Extra", "lacks normalise, send, verify"),
        (SOUND.replace('"extra"', '"other"'), "make them equal"),
        (SOUND.replace("Extra", "Other"), "has no attribute 'Extra'"),
    ],
)
def test_a_broken_package_is_reported_and_the_others_work(install: Install, code: str, why: str) -> None:
    install("extra_connector", code, extra="Extra")
    assert "webhook" in registry.available()
    assert why in registry.broken()["extra"]
    with pytest.raises(registry.UnknownConnector, match="can't be used"):
        registry.find("extra")


def test_a_package_can_not_take_the_place_of_ours(install: Install) -> None:
    install("extra_connector", SOUND.replace('"extra"', '"webhook"'), webhook="Extra")
    assert registry.find("webhook").__module__ == "connectors.webhook"
    assert "offered by connectors.webhook:Webhook already" in registry.broken()["webhook (extra_connector:Extra)"]


def test_an_unknown_key_names_what_there_is() -> None:
    with pytest.raises(
        registry.UnknownConnector, match=r"No connector “pigeon” is installed\. Installed are: .*webhook"
    ):
        registry.find("pigeon")
