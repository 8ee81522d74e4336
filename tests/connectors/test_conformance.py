"""Every installed connector against every check of the conformance suite."""

import pytest

from hub import registry
from hub.testkit.checks import CHECKS
from hub.testkit.run import examine, kit_of

CASES = [(key, check) for key in registry.available() for check in CHECKS]


@pytest.mark.parametrize(("key", "check"), CASES, ids=[f"{key}-{check}" for key, check in CASES])
async def test_connector_conforms(key: str, check: str) -> None:
    result = await examine(kit_of(registry.find(key)), check)
    assert result.state != "disagrees", result.why
    assert result.state == "agrees" or len(result.why.split()) > 3, f"exempt from {check} without a reason"


def test_no_connector_of_ours_is_broken() -> None:
    assert registry.broken() == {}
