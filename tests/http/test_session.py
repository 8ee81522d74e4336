"""Signing in and out: what attackers try at the door, and what they find."""

import asyncio
import time

import sqlalchemy as sa

from hub.core import sessions
from hub.core.sessions import COOKIE, make_link
from hub.models import Agent, Session, utcnow
from hub.welcome import console_lines
from tests.http.conftest import PASSWORD, House, Person

AGENT, SESSION = Agent.__table__, Session.__table__  # type: ignore[attr-defined]


async def test_the_owner_of_a_fresh_hub_comes_by_the_link_once(house: House) -> None:
    secret = await house.hub.db.write(lambda conn: make_link(conn, "owner"))
    first = house.stranger()
    assert (await first.get(f"/api/links/{secret}"))["purpose"] == "owner"
    body = {"token": secret, "name": "Olive", "email": "olive@shop.example", "password": PASSWORD, "workspace": "Shop"}
    status, problem = await first.send("POST", "/api/links", {**body, "password": "short", "name": ""})
    assert (status, set(problem["fields"])) == (422, {"name", "password"})
    me = await first.post("/api/links", body)
    assert (me["role"], me["workspace"], me["needs_password"]) == ("owner", "Shop", False)
    assert (await house.stranger().send("POST", "/api/links", body))[0] == 410
    assert (await house.stranger().send("GET", f"/api/links/{secret}"))[0] == 410


async def test_of_two_who_press_at_once_one_becomes_owner(house: House) -> None:
    secret = await house.hub.db.write(lambda conn: make_link(conn, "owner"))
    body = {"token": secret, "name": "Olive", "password": PASSWORD, "workspace": "Shop"}
    tries = (house.stranger().send("POST", "/api/links", {**body, "email": f"olive{n}@shop.example"}) for n in range(6))
    statuses = sorted(status for status, _ in await asyncio.gather(*tries))
    assert statuses == [200, 410, 410, 410, 410, 410]
    owners = sa.select(sa.func.count()).where(AGENT.c.role == "owner")
    assert await house.hub.db.read(lambda conn: conn.scalar(owners)) == 1


async def test_the_links_of_two_processes_both_work_until_one_is_used(house: House) -> None:
    links = [(await console_lines(house.app))[-1].rpartition("/")[2] for _ in range(2)]
    for secret in links:
        assert (await house.stranger().get(f"/api/links/{secret}"))["purpose"] == "owner"
    body = {"token": links[0], "name": "Olive", "password": PASSWORD, "workspace": "Shop"}
    await house.stranger().post("/api/links", {**body, "email": "olive@shop.example"})
    assert (await house.stranger().send("GET", f"/api/links/{links[1]}"))[0] == 410
    assert len(await console_lines(house.app)) == 1, "there is an owner now"


async def test_of_two_with_different_links_one_becomes_owner(house: House) -> None:
    links = [await house.hub.db.write(lambda conn: make_link(conn, "owner")) for _ in range(6)]
    body = {"name": "Olive", "password": PASSWORD, "workspace": "Shop"}
    tries = (
        house.stranger().send("POST", "/api/links", {**body, "token": secret, "email": f"olive{n}@shop.example"})
        for n, secret in enumerate(links)
    )
    statuses = sorted(status for status, _ in await asyncio.gather(*tries))
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 410}
    owners = sa.select(sa.func.count()).where(AGENT.c.role == "owner")
    assert await house.hub.db.read(lambda conn: conn.scalar(owners)) == 1


async def test_who_is_invited_chooses_a_password(house: House, owner: Person) -> None:
    asked = {"email": "Jonas@shop.example", "name": "Jonas Weber", "role": "agent"}
    link = (await owner.post("/api/agents", asked, want=201))["link"]
    assert link.startswith("http://hub.example/link/")
    again = (await owner.post("/api/agents", asked, want=201))["link"]
    body = {"password": PASSWORD}
    assert (await house.stranger().send("POST", "/api/links", {**body, "token": link.rpartition("/")[2]}))[0] == 410
    await house.stranger().post("/api/links", {**body, "token": again.rpartition("/")[2]})
    assert (await house.stranger().sign_in("jonas@SHOP.example"))["role"] == "agent"
    assert (await owner.send("POST", "/api/agents", asked))[0] == 409


async def test_every_sign_in_is_a_new_session_and_ends_the_one_it_came_with(house: House, owner: Person) -> None:
    planted = next(iter(owner.session.cookie_jar)).value
    await owner.sign_in("olive.owner@shop.example")
    assert next(iter(owner.session.cookie_jar)).value != planted
    thief = house.stranger(Cookie=f"{COOKIE}={planted}")
    assert (await thief.send("GET", "/api/me"))[0] == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House, owner: Person) -> None:
    await owner.sign_in("olive.owner@shop.example")
    cookie = owner.last.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


async def test_sessions_are_listed_and_revoked(house: House, owner: Person) -> None:
    other = house.stranger()
    await other.sign_in("olive.owner@shop.example")
    listed = await owner.get("/api/sessions")
    assert [entry["current"] for entry in listed].count(True) == 1
    far = next(entry["id"] for entry in listed if not entry["current"])
    assert (await owner.send("DELETE", f"/api/sessions/{far}"))[0] == 204
    assert (await other.send("GET", "/api/me"))[0] == 401
    assert (await owner.send("DELETE", "/api/session"))[0] == 204
    assert (await owner.send("GET", "/api/me"))[0] == 401


async def test_nobody_revokes_the_session_of_somebody_else(house: House, owner: Person, agent: Person) -> None:
    theirs = (await owner.get("/api/sessions"))[0]["id"]
    assert (await agent.send("DELETE", f"/api/sessions/{theirs}"))[0] == 404
    await owner.get("/api/me")


async def test_a_new_password_signs_every_other_browser_out(house: House, owner: Person) -> None:
    other = house.stranger()
    await other.sign_in("olive.owner@shop.example")
    status, problem = await owner.send("PUT", "/api/me/password", {"current": "wrong wrong", "new": "another horse"})
    assert (status, list(problem["fields"])) == (422, ["current"])
    assert (await owner.send("PUT", "/api/me/password", {"current": PASSWORD, "new": "another horse"}))[0] == 204
    assert (await other.send("GET", "/api/me"))[0] == 401
    await owner.get("/api/me")
    await house.stranger().sign_in("olive.owner@shop.example", "another horse")


async def test_wrong_passwords_are_slowed_and_never_lock_out_for_good(house: House, owner: Person) -> None:
    guesser = house.stranger()
    statuses = []
    for n in range(12):
        body = {"email": "olive.owner@shop.example", "password": f"guess number {n}"}
        status, problem = await guesser.send("POST", "/api/session", body)
        statuses.append(status)
    assert statuses == [401] * 10 + [429] * 2
    assert int(guesser.last.headers["Retry-After"]) > 0
    assert "Wait" in problem["detail"]
    await owner.get("/api/me")  # who is signed in stays so


async def test_an_unknown_account_is_refused_like_a_wrong_password(house: House, owner: Person) -> None:
    async def refused(email: str) -> tuple[str, float]:
        began = time.perf_counter()
        status, problem = await house.stranger().send("POST", "/api/session", {"email": email, "password": "no such"})
        assert status == 401
        return problem["detail"], time.perf_counter() - began

    await refused("warm.up@shop.example")
    known = [await refused("olive.owner@shop.example") for _ in range(4)]
    unknown = [await refused("nobody@shop.example") for _ in range(4)]
    assert {words for words, _ in known} == {words for words, _ in unknown}
    # an early return would take a hundredth of the time; argon2 takes the same for both, give or take a busy machine
    assert min(took for _, took in unknown) > min(took for _, took in known) / 3


async def test_who_is_switched_off_is_out_at_once(house: House, owner: Person, agent: Person) -> None:
    me = await agent.get("/api/me")
    assert (await owner.send("PATCH", f"/api/agents/{me['id']}", {"active": False}))[0] == 200
    assert (await agent.send("GET", "/api/me"))[0] == 401
    status, _ = await house.stranger().send("POST", "/api/session", {"email": me["email"], "password": PASSWORD})
    assert status == 401


async def test_forged_cookies_and_tokens_open_nothing(house: House, owner: Person) -> None:
    real = next(iter(owner.session.cookie_jar)).value
    forged = ["", "a", real[:-1], real + "A", real.swapcase(), "A" * 43, "null", "0", "..", "A" * 5000, "é" * 43]
    for value in forged:
        for headers in ({"Cookie": f"{COOKIE}={value}"}, {"Authorization": f"Bearer ot_{value}"}):
            thief = house.stranger(**{name: text.encode().decode("latin-1") for name, text in headers.items()})
            assert (await thief.send("GET", "/api/me"))[0] == 401, value[:50]


async def test_only_hashes_are_stored(house: House, owner: Person) -> None:
    secret = next(iter(owner.session.cookie_jar)).value
    rows = await house.hub.db.read(lambda conn: conn.execute(sa.select(SESSION)).all())
    assert all(secret not in str(row) and secret.encode() not in row.token_hash for row in rows)


async def test_a_session_runs_out(house: House, owner: Person) -> None:
    past = sa.update(SESSION).values(expires_at=utcnow() - sessions.TOUCH_EVERY)
    await house.hub.db.write(lambda conn: conn.execute(past))
    assert (await owner.send("GET", "/api/me"))[0] == 401


async def test_settings_of_the_console_are_merged_and_forgotten(house: House, owner: Person) -> None:
    assert (await owner.send("PATCH", "/api/me", {"settings": {"theme": "dark", "density": "compact"}}))[0] == 200
    assert (await owner.send("PATCH", "/api/me", {"settings": {"density": None}}))[1]["settings"] == {"theme": "dark"}
    assert (await owner.send("PATCH", "/api/me", {"role": "owner"}))[0] == 422
