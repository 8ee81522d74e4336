"""What leaves, over real sockets: what Twilio is asked, and what its answers mean."""

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.twilio.errors import CODES, raise_answer, reason
from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER, NUMBER
from connectors.twilio_sms.simulator import TwilioSimulator
from hub.contract import ConnectorError, OptedOut, OutgoingFile, Refused, Unauthorised, Unavailable, Uncertain
from hub.testkit import HOOK_URL, Fault
from tests.connectors.twilio_sms.support import KEY, SERVICE, TOKEN, answer, build, provider


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSimulator]:
    async with provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_message_goes_out_and_says_where_to_report(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    sid = await build(http, **twilio.settings()).send(answer())
    (taken,) = twilio.taken
    assert taken.sid == sid
    assert taken.asked == {
        "To": CUSTOMER,
        "From": NUMBER,
        "Body": "It left this morning.",
        "StatusCallback": f"{HOOK_URL}?delivery=d-7f3a",
    }


async def test_reports_go_to_the_address_that_twilio_reaches(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    await build(http, webhook_url="https://shop.example/sms", **twilio.settings()).send(answer())
    assert twilio.taken[0].asked["StatusCallback"] == "https://shop.example/sms?delivery=d-7f3a"


async def test_a_messaging_service_chooses_the_number(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    await build(http, messaging_service_sid=SERVICE, **twilio.settings()).send(answer())
    assert twilio.taken[0].asked["MessagingServiceSid"] == SERVICE
    assert "From" not in twilio.taken[0].asked


async def test_an_api_key_sends_instead_of_the_token(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    keyed = {"api_key_sid": KEY[0], "api_key_secret": KEY[1], **twilio.settings()}
    await build(http, **keyed).send(answer())
    with pytest.raises(Unauthorised, match="token or key"):
        await build(http, **{**keyed, "api_key_secret": "a-key-of-somebody-else"}).send(answer())


async def test_the_health_check_names_the_account(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    given = twilio.settings()
    assert await build(http, **given).health() == "Connected to the Twilio account “Example”."
    keyed = {"api_key_sid": KEY[0], "api_key_secret": KEY[1], **given}
    assert "the API key is good too" in await build(http, **keyed).health()
    with pytest.raises(Unauthorised, match=r"account SID.*20003"):
        await build(http, auth_token="a-token-of-somebody-else", **given).health()
    with pytest.raises(Unauthorised, match="20003"):
        await build(http, **{**keyed, "api_key_secret": "a-key-of-somebody-else"}).health()
    twilio.status = "suspended"
    with pytest.raises(Unauthorised, match="“Example” is suspended"):
        await build(http, **given).health()


async def test_an_unknown_account_is_named_as_the_cause(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    with pytest.raises(Unauthorised, match="Copy them again"):
        await build(http, account_sid="AC" + "00" * 16, **twilio.settings()).health()


async def test_who_opted_out_gets_nothing_and_the_agent_reads_why(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    twilio.opted_out.add(CUSTOMER)
    with pytest.raises(OptedOut, match=r"opted out by STOP.*21610"):
        await build(http, **twilio.settings()).send(answer())
    assert twilio.shown == []


async def test_a_wrong_number_is_refused(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    with pytest.raises(Refused, match=r"not valid.*21211"):
        await build(http, **twilio.settings()).send(answer(to="0151"))
    with pytest.raises(Refused, match="21606"):
        await build(http, **{"number": "+15005550099", **twilio.settings()}).send(answer())


async def test_a_dear_text_is_refused_with_the_sign_that_makes_it_so() -> None:
    with pytest.raises(Refused, match=r"takes 3 parts, because of “’” .* at most 2"):
        await build(most_parts=2).send(answer("’" + "a" * 134))


async def test_the_limit_of_parts_lets_pass_what_fits(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    await build(http, most_parts=2, **twilio.settings()).send(answer("’" + "a" * 133))
    assert len(twilio.shown) == 1


def a_file(
    name: str = "a.png", kind: str = "image/png", size: int = 9, url: str = "https://hub.example/f/1"
) -> OutgoingFile:
    async def read() -> bytes:
        raise AssertionError("Twilio comes and takes it")

    return OutgoingFile(name, kind, size, read, url=url)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([a_file()] * 11, "takes 10 files, and these are 11"),
        ([a_file(size=2_500_001)] * 2, "larger than 5 MB together"),
        ([a_file("b.pdf", "application/pdf", 500_001)], "“b.pdf” is larger than 500 kB; only JPEG, PNG and GIF"),
        ([a_file("b.webp", "image/webp", 500_001)], "“b.webp” is larger than 500 kB"),
        ([a_file(url="")], "no address where it could take “a.png”"),
    ],
)
async def test_files_that_twilio_would_not_take_are_refused_before(files: list[OutgoingFile], why: str) -> None:
    with pytest.raises(Refused, match=why):
        await build().send(replace(answer("See this"), files=tuple(files)))


async def test_a_number_without_mms_refuses_files_and_none_is_left_behind() -> None:
    with pytest.raises(Refused, match="sends no files"):
        await build(mms="off").send(replace(answer("See this"), files=(a_file(),)))


async def test_twilio_is_told_where_to_take_each_file(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    urls = [twilio.store.keep(b"GIF89a" + bytes([n]), "image/gif") for n in range(10)]
    files = tuple(a_file(f"{n}.gif", "image/gif", 500_000, url) for n, url in enumerate(urls))
    await build(http, **twilio.settings()).send(replace(answer(""), files=files))
    (taken,) = twilio.taken
    assert taken.media == tuple(urls)
    assert "Body" not in taken.asked
    assert twilio.shown[0].files == tuple(b"GIF89a" + bytes([n]) for n in range(10))
    with pytest.raises(Refused, match=r"address of a file.*21620"):
        await build(http, **twilio.settings()).send(replace(answer(""), files=(a_file(url=f"{twilio.store.url}/no"),)))


async def test_how_long_to_wait_is_heeded(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    twilio.misbehave(Fault.BUSY)
    with pytest.raises(Unavailable, match="20429") as raised:
        await build(http, **twilio.settings()).send(answer())
    assert raised.value.retry_after == 7


async def test_a_line_that_breaks_after_the_send_leaves_it_open(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    twilio.misbehave(Fault.DROPPED)
    with pytest.raises(Uncertain, match="may have been sent"):
        await build(http, **twilio.settings()).send(answer())
    assert len(twilio.shown) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, '{"code": 20500, "message": "Internal"}', Uncertain),
        (502, "<html>Bad gateway</html>", Uncertain),
        (503, '{"code": 20503, "message": "Down"}', Unavailable),
        (201, "not JSON", Uncertain),
        (201, "[]", Uncertain),
        (201, "{}", Uncertain),
        (201, '{"sid": "SM1", "status": "queued"}', Uncertain),
        (201, '{"sid": "SM1", "status": "failed", "error_code": 30007}', Refused),
        (201, '{"sid": "SM1", "status": "failed", "error_code": 21610}', OptedOut),
        (400, '{"code": 21610}', OptedOut),
        (400, '{"code": [], "message": 5}', Refused),
        (400, '{"code": 99999, "message": "Something new"}', Refused),
        (403, '{"code": 20005}', Unauthorised),
        (400, '{"code": 30001}', Unavailable),
        (302, "", Refused),
    ],
)
async def test_an_answer_means_the_right_error(
    http: aiohttp.ClientSession, status: int, body: str, kind: type[ConnectorError]
) -> None:
    async def take(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/2010-04-01/Accounts/{sid}/Messages.json", take)
    async with TestServer(app) as server:
        with pytest.raises(kind) as raised:
            await build(http, api=str(server.make_url(""))).send(answer())
        assert type(raised.value) is kind
        assert str(raised.value)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_table_has_its_words(code: int) -> None:
    kinds = {"refused": Refused, "opted_out": OptedOut, "paused": Unauthorised, "later": Unavailable}
    does, sentence = CODES[code]
    assert not sentence.endswith(".")
    with pytest.raises(kinds[does], match=f"Twilio error {code}") as raised:
        raise_answer(400, f'{{"code": {code}, "message": "Their words"}}', {}, "The message may have been sent")
    assert str(raised.value) == reason(code)
    assert str(raised.value).startswith(sentence)


def test_of_a_read_that_breaks_inside_twilio_nothing_is_uncertain() -> None:
    with pytest.raises(Unavailable, match="20500"):
        raise_answer(500, '{"code": 20500, "message": "Internal"}', {})


async def test_a_twilio_that_is_not_there_is_tried_again(http: aiohttp.ClientSession) -> None:
    async with provider() as gone:
        settings = gone.settings()
    with pytest.raises(Unavailable, match="can't be reached"):
        await build(http, **settings).send(answer())


async def test_the_simulator_refuses_what_twilio_would(twilio: TwilioSimulator, http: aiohttp.ClientSession) -> None:
    """A simulator that takes anything proves nothing."""
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    good = {"To": CUSTOMER, "From": NUMBER, "Body": "Hello"}
    auth = {"authorization": "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()}
    wrong = [
        (good, {}, 401, 20003),
        (good | {"Colour": "red"}, auth, 400, 20001),
        (good | {"To": ""}, auth, 400, 21604),
        (good | {"Body": ""}, auth, 400, 21602),
        (good | {"Body": "a" * 1601}, auth, 400, 21617),
        (good | {"MessagingServiceSid": SERVICE}, auth, 400, 21603),
        (good | {"StatusCallback": "hub.example/hooks/1"}, auth, 400, 21609),
        (good | {"MediaUrl": "/files/1"}, auth, 400, 21620),
        (good | {"ValidityPeriod": "an hour"}, auth, 400, 20001),
        (good | {"SmartEncoded": "perhaps"}, auth, 400, 20001),
    ]
    for form, headers, status, code in wrong:
        async with http.post(url, data=form, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (status, code)
    async with http.post(url, data=[*good.items(), ("To", CUSTOMER)], headers=auth) as response:
        assert (response.status, (await response.json())["code"]) == (400, 20001)
    assert twilio.shown == []
