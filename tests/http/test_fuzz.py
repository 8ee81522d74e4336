"""Generated calls over the whole API: what the document promises is what the hub does, and nothing ends in a 500."""

import asyncio
import contextlib
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.hub import Hub
from tests.support.owner import Owner

EXAMPLES = 5
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NEVER = {"sign_out", "change_password", "revoke_session", "remove_token", "try_inbox"}
"""They would end the run's own sign-in, or call servers that don't exist."""


@pytest.fixture
def signed_in(hub: Hub) -> dict[str, str]:
    """Headers of a token with every right."""

    async def make() -> str:
        async with Owner(hub) as owner:
            return str((await owner.post("/tokens", {"name": "fuzz", "scopes": ["admin"]}))["secret"])

    with ThreadPoolExecutor(1) as elsewhere:
        secret = elsewhere.submit(asyncio.run, make()).result()
    return {"Authorization": f"Bearer {secret}"}


def test_every_operation_keeps_its_word(hub: Hub, signed_in: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_url(f"{hub.url}/openapi.json")
    found: list[Any] = list(schema.get_all_operations())
    operations = [one.ok() for one in found]
    assert len(operations) > 60
    calls = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tool's own libraries
        for operation in operations:
            if operation.definition.raw["operationId"] not in NEVER:
                for mode in GenerationMode:
                    calls += check(operation, hub.url, signed_in, mode)
    assert calls > 300
    assert not re.findall(r"ERROR|Traceback", hub.log), hub.log[-3000:]


def check(operation: Any, url: str, headers: dict[str, str], mode: GenerationMode) -> int:
    """How many calls were made."""
    calls = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal calls
        calls += 1
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):  # nothing can be wrong about a call without parameters
        run()
    return calls
