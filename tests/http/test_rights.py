"""Every route against every role and scope. The table is made from the routes, so a new one can't be forgotten."""

import re
from typing import Any
from uuid import uuid4

import pytest

from hub.core.access import BY_ROLE, BY_SCOPE, Right
from hub.http.api import operations
from hub.http.openapi import Operation
from tests.http.conftest import House, Person

OPEN = {"sign_in", "look_at_link", "sign_in_by_link"}
ENDS_SESSIONS = {"sign_out"}


def test_only_signing_in_is_open_to_everybody() -> None:
    assert {found.name for found in operations() if found.right is None} == OPEN


def test_what_only_looks_needs_only_to_read() -> None:
    looking = {found.name for found in operations() if found.method == "get" and found.right is Right.WORK}
    assert looking <= {"list_drafts"}  # one's own


def test_names_are_unique_and_documented() -> None:
    names = [found.name for found in operations()]
    assert len(names) == len(set(names))
    for found in operations():
        assert (found.call.__doc__ or "").strip().endswith((".", ":")), found.name


def test_roles_only_grow() -> None:
    assert BY_ROLE["agent"] < BY_ROLE["admin"] < BY_ROLE["owner"]
    assert BY_SCOPE["read"] < BY_SCOPE["write"] < BY_SCOPE["admin"]
    assert all(Right.SELF not in rights for rights in BY_SCOPE.values())


def address(found: Operation) -> str:
    path = found.path.replace("{slot}", "note").replace("{token}", "x" * 43)
    return re.sub(r"{\w+}", str(uuid4()), path)


async def outcome(person: Person, found: Operation) -> int:
    """403 when refused; anything else means the door was open (an unknown id, a missing body)."""
    options: dict[str, Any] = {"json": {}} if found.body else {"data": b"x"} if found.takes else {}
    status, told = await person.send(found.method.upper(), address(found), **options)
    assert status < 500, (found.name, told)
    return status


async def test_every_route_asks_who_is_there(house: House) -> None:
    stranger = house.stranger()
    for found in operations():
        if found.right:
            assert await outcome(stranger, found) == 401, found.name


@pytest.mark.parametrize("role", ["agent", "admin", "owner"])
async def test_roles(house: House, owner: Person, role: str) -> None:
    person = owner if role == "owner" else await house.enter(role)
    for found in operations():
        if found.right and found.name not in ENDS_SESSIONS:
            allowed = found.right in BY_ROLE[role]
            assert (await outcome(person, found) != 403) == allowed, (role, found.name)


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
@pytest.mark.parametrize("role", ["agent", "owner"])
async def test_scopes_narrow_what_the_agent_may(house: House, owner: Person, role: str, scope: str) -> None:
    person = owner if role == "owner" else await house.enter(role)
    made = await person.post("/api/tokens", {"name": "script", "scopes": [scope]}, want=201)
    script = house.stranger(Authorization=f"Bearer {made['secret']}")
    for found in operations():
        if found.right:
            allowed = found.right in BY_ROLE[role] & BY_SCOPE[scope]
            assert (await outcome(script, found) != 403) == allowed, (role, scope, found.name)


async def test_nobody_makes_themselves_more(house: House, owner: Person) -> None:
    admin = await house.enter("admin")
    me = await admin.get("/api/me")
    boss = await owner.get("/api/me")
    assert (await admin.send("PATCH", f"/api/agents/{me['id']}", {"role": "owner"}))[0] == 403
    assert (await admin.send("PATCH", f"/api/agents/{boss['id']}", {"role": "agent"}))[0] == 403
    new_owner = {"email": "x@shop.example", "name": "X", "role": "owner"}
    assert (await admin.send("POST", "/api/agents", new_owner))[0] == 403
    assert (await owner.send("PATCH", f"/api/agents/{boss['id']}", {"role": "agent"}))[0] == 409


async def test_drafts_and_uploads_are_their_owners_alone(
    house: House, owner: Person, agent: Person, inbox: str
) -> None:
    await house.arrive(inbox, "Hello")
    case = (await agent.get("/api/cases"))["items"][0]
    path = f"/api/threads/{case['thread_id']}"
    upload = {"data": b"secret plan", "headers": {"X-File-Name": "plan.txt", "Content-Type": "text/plain"}}
    status, file = await agent.send("POST", "/api/attachments", **upload)
    assert status == 201
    assert (await owner.send("GET", file["url"]))[0] == 404
    assert (await owner.send("PUT", f"{path}/drafts/note", {"text": "x", "attachments": [file["id"]]}))[0] == 404
    note = {"client_key": uuid4().hex, "text": "see file", "attachments": [file["id"]]}
    assert (await owner.send("POST", f"{path}/notes", note))[0] == 404
    status, draft = await agent.send("PUT", f"{path}/drafts/note", {"text": "mine", "attachments": [file["id"]]})
    assert (status, draft["attachments"][0]["name"]) == (200, "plan.txt")
    assert (await owner.get(path))["drafts"] == []
    await agent.post(f"{path}/notes", note, want=201)
    assert (await owner.send("GET", file["url"]))[0] == 200


async def test_a_removed_token_stops_at_once(house: House, owner: Person) -> None:
    made = await owner.post("/api/tokens", {"name": "script", "scopes": ["read"]}, want=201)
    script = house.stranger(Authorization=f"Bearer {made['secret']}")
    await script.get("/api/agents")
    assert "secret" not in (await owner.get("/api/tokens"))[0]
    assert (await owner.send("DELETE", f"/api/tokens/{made['id']}"))[0] == 204
    assert (await script.send("GET", "/api/agents"))[0] == 401
