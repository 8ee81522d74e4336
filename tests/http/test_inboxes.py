"""Connecting channels: secrets go in and never come out, and errors name their field."""

from typing import Any

import sqlalchemy as sa

from connectors.email.simulator import MailProvider
from hub.models import Inbox
from tests.http.conftest import SECRET, House, Person
from tests.support.processes import free_port

INBOX = Inbox.__table__  # type: ignore[attr-defined]


async def test_connectors_come_with_forms(house: House, owner: Person) -> None:
    found = {entry["key"]: entry for entry in await owner.get("/api/connectors")}
    assert {"email", "chat", "webhook"} <= found.keys()
    assert found["webhook"]["schema"]["properties"]["secret"]["title"]
    assert found["email"]["capabilities"]["subject"] is True


async def test_a_secret_never_comes_back_and_survives_a_change(house: House, owner: Person, inbox: str) -> None:
    shown = next(entry for entry in await owner.get("/api/inboxes") if entry["id"] == inbox)
    assert shown["settings"]["secret"] == ""
    assert shown["hook_url"] == f"http://hub.example/hooks/{inbox}"
    stored = await house.hub.db.read(lambda conn: conn.scalar(sa.select(INBOX.c.settings)))
    assert stored
    assert SECRET.encode() not in stored

    change = {"name": "Shop orders", "settings": {**shown["settings"], "url": "https://shop.example/in"}}
    status, changed = await owner.send("PATCH", f"/api/inboxes/{inbox}", change)
    assert (status, changed["name"], changed["settings"]["secret"]) == (200, "Shop orders", "")
    assert await house.arrive(inbox, "still signed with the same secret") == 200
    assert (await owner.get("/api/inboxes"))[0]["last_in_at"]


async def test_an_optional_secret_is_taken_away_by_null(house: House, owner: Person, inbox: str) -> None:
    async def stored() -> set[str]:
        return {name for entry in await owner.get("/api/inboxes") for name in entry["settings"]}

    def change(given: str | None) -> dict[str, Any]:
        return {"settings": {"secret": "", "previous_secret": given}}

    await owner.send("PATCH", f"/api/inboxes/{inbox}", change("what-it-was-before"))
    assert "previous_secret" in await stored()
    await owner.send("PATCH", f"/api/inboxes/{inbox}", change(""))
    assert "previous_secret" in await stored(), "an empty field keeps it"
    assert (await owner.send("PATCH", f"/api/inboxes/{inbox}", change(None)))[0] == 200
    assert await stored() == {"secret"}


async def test_what_opens_its_own_door_shows_no_webhook(house: House, owner: Person) -> None:
    mail = {"address": "support@shop.example", "listen_port": free_port(), "smtp_host": "127.0.0.1"}
    for connector, settings in (("email", mail), ("chat", {})):
        body = {"connector": connector, "name": connector, "settings": settings}
        added = await owner.post("/api/inboxes", body, want=201)
        assert (added["hook_url"], bool(added["snippet"])) == ("", connector == "chat")


async def test_who_only_works_here_sees_no_settings(house: House, agent: Person, inbox: str) -> None:
    assert [entry["settings"] for entry in await agent.get("/api/inboxes")] == [{}]


async def test_a_wrong_setting_is_named(house: House, owner: Person) -> None:
    body = {"connector": "webhook", "name": "Shop", "settings": {"secret": "short", "identty": "x"}}
    status, problem = await owner.send("POST", "/api/inboxes", body)
    assert (status, set(problem["fields"])) == (422, {"settings.secret", "settings.identty"})
    assert "short" not in problem["fields"]["settings.secret"].replace("too short", "")
    status, problem = await owner.send("POST", "/api/inboxes", {**body, "connector": "fax"})
    assert (status, "fax" in problem["detail"]) == (422, True)


async def test_a_removed_inbox_takes_nothing_and_its_settings_are_gone(house: House, owner: Person, inbox: str) -> None:
    assert (await owner.send("DELETE", f"/api/inboxes/{inbox}"))[0] == 204
    assert await house.arrive(inbox, "too late") == 404
    assert await owner.get("/api/inboxes") == []
    assert await house.hub.db.read(lambda conn: conn.scalar(sa.select(INBOX.c.settings))) == b""
    assert (await owner.send("PATCH", f"/api/inboxes/{inbox}", {"name": "again"}))[0] == 404


async def test_testing_tells_what_is_reached_and_which_field_is_wrong(house: House, owner: Person) -> None:
    provider = MailProvider()
    await provider.start()
    try:
        settings = {"address": "support@shop.example", "receive": "imap", **provider.settings()}
        body = {"connector": "email", "name": "Support", "settings": settings}
        told = await owner.post("/api/inboxes/test", body)
        assert told["ok"], told
        body["settings"] = {**settings, "smtp_password": "wrong"}
        told = await owner.post("/api/inboxes/test", body)
        assert (told["ok"], told["field"]) == (False, "smtp_password"), told
        assert "wrong" not in told["message"]
        body["settings"] = {**settings, "smtp_host": "127.0.0.1", "smtp_port": 9}
        told = await owner.post("/api/inboxes/test", body)
        assert not told["ok"]
        assert "127.0.0.1:9" in told["message"]
        body["settings"] = {**settings, "address": "nobody"}
        told = await owner.post("/api/inboxes/test", body)
        assert (told["ok"], told["field"]) == (False, "address")
    finally:
        await provider.stop()


async def test_testing_uses_stored_secrets_of_the_same_connector(house: House, owner: Person) -> None:
    provider = MailProvider()
    await provider.start()
    try:
        settings = {"address": "support@shop.example", "receive": "none", **provider.settings()}
        made = await owner.post("/api/inboxes", {"connector": "email", "name": "S", "settings": settings}, want=201)
        body = {"connector": "email", "name": "S", "settings": {**settings, "smtp_password": "", "imap_password": ""}}
        assert (await owner.post("/api/inboxes/test", body))["ok"] is False
        assert (await owner.post(f"/api/inboxes/test?id={made['id']}", body))["ok"] is True
    finally:
        await provider.stop()


async def test_a_chat_comes_with_its_tag(house: House, owner: Person) -> None:
    made = await owner.post(
        "/api/inboxes", {"connector": "chat", "name": "Chat", "settings": {"name": "Shop"}}, want=201
    )
    assert made["snippet"] == f'<script async src="http://hub.example/w.js" data-inbox="{made["id"]}"></script>'
    assert made["channel"] == "chat"


async def test_pausing_and_resuming(house: House, owner: Person, inbox: str) -> None:
    status, paused = await owner.send("PATCH", f"/api/inboxes/{inbox}", {"active": False})
    assert (status, paused["state"]) == (200, "paused")
    assert (await owner.send("PATCH", f"/api/inboxes/{inbox}", {"active": True}))[1]["state"] == "active"
