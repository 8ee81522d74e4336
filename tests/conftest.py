"""Which fixtures every test can ask for; each lives in the module of `tests/support` that is named after it."""

import pytest

pytest_plugins = [
    "tests.support.browser",
    "tests.support.databases",
    "tests.support.hub",
    "tests.support.redis",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests run when they are asked for by `-m torture`, not by the way."""
    if config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("torture")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
