"""Hostile and broken requests: each gets one answer with a sentence, none gets a trace or a 500."""

from io import BytesIO
from uuid import uuid4

import orjson
import pytest

from tests.http.conftest import House, Person

HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"1",
    b'"text"',
    b"{",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"subject": NaN}',
    b'{"subject": 1e999}',
    b'{"subject": ' + b"9" * 10_000 + b"}",
    b'{"subject": "\xff\xfe"}',
    b'{"subject": "\\ud800"}',
    b'{"subject": "ok", "__proto__": {"admin": true}}',
    b'{"subject": "ok", "entry_id": "../../etc/passwd"}',
    b'{"subject": {"$ne": ""}}',
    b'{"subject": "x", "subject2": "y"}',
    b"\xef\xbb\xbf{}",
    b'{"subject": "' + b"x" * 400 + b'"}',
]


@pytest.fixture
def place() -> str:
    return f"/api/threads/{uuid4()}/cases"


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_body_is_unusable_and_named(house: House, owner: Person, place: str, body: bytes) -> None:
    status, problem = await owner.send("POST", place, data=body, headers={"Content-Type": "application/json"})
    assert status == 422, problem
    assert problem["detail"].endswith(".")
    assert "Traceback" not in str(problem)
    assert problem["request_id"] == owner.last.headers["X-Request-ID"]


async def test_nul_is_taken_out_because_no_database_keeps_it(house: House, agent: Person, inbox: str) -> None:
    await house.arrive(inbox, "Hello")
    thread = (await agent.get("/api/cases"))["items"][0]["thread_id"]
    note = {"client_key": uuid4().hex, "text": "a\0b \\u0000 c"}
    assert (await agent.post(f"/api/threads/{thread}/notes", note, want=201))["text"] == "ab \\u0000 c"


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "limit=0",
        "limit=99999999999999999999",
        "cursor=nonsense",
        "cursor=bnVsbA",
        "cursor=WyJ0MTk5OSJd",
        "view=%27%3B+drop+table+entry",
        "status=deleted",
        "statuss=open",
        "ids=1,2,3",
        "sort=newest%00",
    ],
)
async def test_a_wrong_query_names_the_parameter(house: House, owner: Person, query: str) -> None:
    status, problem = await owner.send("GET", f"/api/cases?{query}")
    assert status == 422, problem
    name = query.partition("=")[0]
    assert name in problem["detail"] or name in problem["fields"]


@pytest.mark.parametrize(
    "when", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"]
)
async def test_a_moment_needs_a_zone_and_a_sane_year(house: House, owner: Person, when: str) -> None:
    status, problem = await owner.send("PATCH", f"/api/cases/{uuid4()}", {"snoozed_until": when})
    assert (status, list(problem["fields"])) == (422, ["snoozed_until"])


@pytest.mark.parametrize("seq", [-1, 2**53, 10**30, 1.5, "x", None])
async def test_a_seq_is_a_number_both_databases_hold(house: House, owner: Person, seq: object) -> None:
    status, _ = await owner.send("POST", f"/api/threads/{uuid4()}/seen", {"seq": seq})
    assert status == 422


async def test_a_path_that_is_no_id_is_named(house: House, owner: Person) -> None:
    for path in ("/api/threads/1", "/api/cases/%00", "/api/cases/" + "a" * 5000, "/api/threads/..%2f..%2fetc"):
        status, _ = await owner.send("GET", path)
        assert status in (404, 422), path


async def test_unknown_addresses_and_methods(house: House, owner: Person) -> None:
    assert (await owner.send("GET", "/api/nothing"))[0] == 404
    status, problem = await owner.send("PUT", "/api/me", {})
    assert status == 405
    assert "PATCH" in owner.last.headers["Allow"]
    assert problem["title"]


async def test_a_large_json_body_is_refused_before_it_is_read(house: House, owner: Person, place: str) -> None:
    body = BytesIO(orjson.dumps({"subject": "x" * 5 * 1024 * 1024}))
    status, problem = await owner.send("POST", place, data=body, headers={"Content-Type": "application/json"})
    assert (status, "4 MB" in problem["detail"]) == (413, True)


async def test_what_was_typed_is_not_repeated_in_errors(house: House, owner: Person) -> None:
    secret = "hunter2-hunter2"
    status, problem = await owner.send("PUT", "/api/me/password", {"current": [secret], "new": {"a": secret}})
    assert status == 422
    assert secret not in orjson.dumps(problem).decode()


async def test_a_given_request_id_is_used_if_it_is_harmless(house: House, owner: Person) -> None:
    await owner.send("GET", "/api/me", headers={"X-Request-ID": "trace-12345678"})
    assert owner.last.headers["X-Request-ID"] == "trace-12345678"
    await owner.send("GET", "/api/me", headers={"X-Request-ID": "<script>"})
    assert owner.last.headers["X-Request-ID"] != "<script>"
