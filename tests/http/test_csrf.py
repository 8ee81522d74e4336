"""What another site can make a browser send: none of it changes anything."""

import pytest

from tests.http.conftest import PASSWORD, House, Person


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
async def test_a_change_needs_the_token_of_this_session(house: House, owner: Person, token: str) -> None:
    owner.csrf = token
    status, problem = await owner.send("PATCH", "/api/workspace", {"name": "Taken over"})
    assert (status, problem["type"]) == (403, "csrf")


async def test_the_token_of_another_session_does_not_do(house: House, owner: Person, agent: Person) -> None:
    owner.csrf = agent.csrf
    assert (await owner.send("PATCH", "/api/workspace", {"name": "Taken over"}))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://hub.example.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_site_is_refused_even_with_the_token(
    house: House, owner: Person, headers: dict[str, str]
) -> None:
    status, problem = await owner.send("PATCH", "/api/workspace", {"name": "Taken over"}, headers=headers)
    assert (status, problem["type"]) == (403, "origin")
    status, _ = await house.stranger(**headers).send("POST", "/api/session", {"email": "a@b", "password": PASSWORD})
    assert status == 403


@pytest.mark.parametrize("origin", ["http://hub.example", "own"])
async def test_our_own_pages_are_let_in(house: House, owner: Person, origin: str) -> None:
    headers = {"Origin": house.url if origin == "own" else origin}
    assert (await owner.send("PATCH", "/api/workspace", {"name": "Shop & Co"}, headers=headers))[0] == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_can_not_sign_anybody_in(house: House, owner: Person, kind: str) -> None:
    body = f'{{"email":"olive.owner@shop.example","password":"{PASSWORD}"}}'
    status, _ = await house.stranger().send("POST", "/api/session", data=body, headers={"Content-Type": kind})
    assert status == 415


async def test_a_token_needs_no_cookie_and_no_csrf(house: House, owner: Person) -> None:
    made = await owner.post("/api/tokens", {"name": "script", "scopes": ["admin"]}, want=201)
    script = house.stranger(Authorization=f"Bearer {made['secret']}")
    assert (await script.send("PATCH", "/api/workspace", {"name": "Renamed"}))[0] == 200
