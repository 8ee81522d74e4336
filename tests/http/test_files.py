"""Uploads and downloads: a file never runs in our name, whatever it calls itself."""

from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from hub.http.files import file_name, media_type
from tests.http.conftest import House, Person


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ("%E2%80%AEfdp.exe", "fdp.exe"),
        ("a%00b%0d%0ac.txt", "a b c.txt"),
        ('"; filename="x.html', "; filename= x.html"),
        ("", "file"),
        ("...", "file"),
        ("%C3%9Cbersicht.pdf", "Übersicht.pdf"),
        ("x" * 500 + ".pdf", "x" * 180 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert file_name(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("image/PNG; x=y", "image/png"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_media_type_is_one(given: str, kept: str) -> None:
    assert media_type(given) == kept


async def upload(person: Person, content: bytes, name: str, kind: str) -> tuple[int, dict[str, Any]]:
    return await person.send(
        "POST", "/api/attachments", data=BytesIO(content), headers={"X-File-Name": name, "Content-Type": kind}
    )


async def test_a_file_comes_back_as_it_was(house: House, agent: Person) -> None:
    content = bytes(range(256)) * 100
    status, file = await upload(agent, content, "%C3%9Cbersicht.bin", "application/x-thing")
    assert (status, file["name"], file["size"]) == (201, "Übersicht.bin", len(content))
    async with agent.session.get(house.url + file["url"]) as told:
        assert await told.read() == content
        assert "filename*=UTF-8''%C3%9Cbersicht.bin" in told.headers["Content-Disposition"]


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf"])
@pytest.mark.parametrize("inline", [0, 1])
async def test_what_could_run_is_only_offered_for_saving(house: House, agent: Person, kind: str, inline: int) -> None:
    _, file = await upload(agent, b"<script>alert(1)</script>", "x", kind)
    await agent.send("GET", f"{file['url']}?inline={inline}")
    headers = agent.last.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_may_be_shown(house: House, agent: Person) -> None:
    _, file = await upload(agent, b"\x89PNG", "x.png", "image/png")
    await agent.send("GET", f"{file['url']}?inline=1")
    assert agent.last.headers["Content-Type"] == "image/png"
    assert agent.last.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in agent.last.headers["Content-Security-Policy"]


async def test_empty_and_too_large_files_are_sentences(house: House, agent: Person) -> None:
    assert (await upload(agent, b"", "x", "text/plain"))[0] == 422
    status, _ = await upload(agent, b"x" * (1024 * 1024 + 1), "x", "text/plain")
    assert status == 413


async def test_a_file_that_is_gone_is_said_so(house: House, agent: Person, tmp_path: Path) -> None:
    _, file = await upload(agent, b"soon gone", "x", "text/plain")
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    status, problem = await agent.send("GET", file["url"])
    assert (status, "backup" in problem["detail"]) == (404, True)


async def test_unknown_files_and_originals_are_not_there(house: House, owner: Person) -> None:
    for path in (
        f"/api/attachments/{uuid4()}",
        f"/api/entries/{uuid4()}/original",
        f"/api/envelopes/{uuid4()}/original",
    ):
        assert (await owner.send("GET", path))[0] == 404
