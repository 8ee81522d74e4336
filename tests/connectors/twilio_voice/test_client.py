"""The simulator is faithful: Twilio's own client gets along with it, and its tables are those that Twilio publishes."""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml import voice_response
from twilio.twiml.voice_response import VoiceResponse

from connectors.twilio_voice.cloud import tables
from connectors.twilio_voice.conformance import ACCOUNT, APP, CUSTOMER, NUMBER
from connectors.twilio_voice.simulator import Habit, Sound, TwilioVoiceSimulator
from hub.testkit import Fault
from tests.connectors.twilio_voice.support import KEY, TOKEN
from tests.support.specs import published

T = TypeVar("T")
ROOM = '<Response><Dial><Conference beep="false">ours</Conference></Dial></Response>'


class _Local(TwilioHttpClient):  # type: ignore[misc]  # it has no types
    """Twilio's client has no setting for its address; its HTTP part can be told another."""

    def __init__(self, url: str) -> None:
        super().__init__(pool_connections=False)
        self._here = urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Response:
        there = urlsplit(url)._replace(scheme=self._here.scheme, netloc=self._here.netloc)
        return super().request(method, urlunsplit(there), *args, **more)


class Listener:
    """Somebody's web server, which checks signatures with Twilio's own code."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.document = str(VoiceResponse())

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/{what}", self._take)
        self._server = TestServer(app)
        await self._server.start_server()
        return str(self._server.make_url("")).rstrip("/")

    async def stop(self) -> None:
        await self._server.close()

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        signed = RequestValidator(TOKEN).validate(str(request.url), form, request.headers.get("X-Twilio-Signature", ""))
        if not signed:
            return web.Response(status=403)
        self.asked.append({"to": request.match_info["what"], **form})
        return web.Response(text=self.document, content_type="text/xml")

    def told(self, what: str, name: str) -> list[str]:
        return [form.get(name, "") for form in self.asked if form["to"] == what]


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    listening = Listener()
    url = await listening.start()
    yield listening, url
    await listening.stop()


def client(twilio: TwilioVoiceSimulator, token: str = TOKEN) -> Client:
    return Client(ACCOUNT, token, http_client=_Local(twilio.url))


async def ask(question: Callable[[], T]) -> T:
    return await asyncio.to_thread(question)


async def test_it_calls_steers_and_hangs_up(twilio: TwilioVoiceSimulator, listener: tuple[Listener, str]) -> None:
    heard, url = listener
    response = VoiceResponse()
    response.say("Hello Maya", language="en-GB")
    response.pause(60)
    heard.document = str(response)
    theirs, maya = client(twilio), twilio.phone(CUSTOMER)
    call = await ask(
        lambda: theirs.calls.create(
            to=CUSTOMER,
            from_=NUMBER,
            url=f"{url}/voice?leg=1",
            status_callback=f"{url}/status",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
            timeout=20,
            machine_detection="DetectMessageEnd",
            async_amd="true",
            async_amd_status_callback=f"{url}/machine",
        )
    )
    assert (call.status, call.direction, call.to) == ("queued", "outbound-api", CUSTOMER)
    await maya.rings()
    maya.answer()
    await maya.hears("Hello Maya")
    assert (await ask(lambda: theirs.calls(call.sid).fetch())).status == "in-progress"
    changed = await ask(lambda: theirs.calls(call.sid).update(twiml="<Response><Say>Wait</Say><Pause/></Response>"))
    assert changed.status == "in-progress"
    await maya.hears("Wait")
    await ask(lambda: theirs.calls(call.sid).update(status="completed"))
    await maya.is_free()
    await twilio.callbacks.settled()
    assert heard.told("status", "CallStatus") == ["initiated", "ringing", "in-progress", "completed"]
    assert heard.told("status", "SequenceNumber") == ["0", "1", "2", "3"]
    assert heard.told("voice", "CallStatus") == ["in-progress"]
    listed = await ask(lambda: theirs.calls.list(to=CUSTOMER, status="completed"))
    assert [one.sid for one in listed] == [call.sid]
    assert listed[0].end_time is not None


async def test_a_room_its_people_and_its_recordings(
    twilio: TwilioVoiceSimulator, listener: tuple[Listener, str]
) -> None:
    heard, url = listener
    heard.document = '<Response><Play digits="42"/></Response>'
    theirs = client(twilio)
    sids = []
    for number in (CUSTOMER, "+4915100000099"):
        twilio.phone(number).habit = Habit.ANSWERS
        sids.append((await ask(lambda to=number: theirs.calls.create(to=to, from_=NUMBER, twiml=ROOM))).sid)  # type: ignore[misc]
    maya = twilio.phone(CUSTOMER)
    await maya.meets("+4915100000099")
    (room,) = await ask(lambda: theirs.conferences.list(friendly_name="ours", status="in-progress"))
    inside = theirs.conferences(room.sid).participants
    assert {one.call_sid for one in await ask(inside.list)} == set(sids)
    me = theirs.conferences(room.sid).participants(sids[0])
    held = await ask(lambda: me.update(hold=True, hold_url="https://shop.example/music.mp3", hold_method="GET"))
    assert (held.hold, held.muted) == (True, False)
    assert maya.said(Sound.MUSIC)[-1] == "https://shop.example/music.mp3"
    assert (await ask(lambda: me.update(hold=False, muted=True))).muted
    await ask(lambda: me.update(announce_url=f"{url}/keys"))
    assert maya.said(Sound.KEYS) == ["42"]

    recordings = theirs.calls(sids[0]).recordings
    begun = await ask(
        lambda: recordings.create(recording_channels="dual", recording_status_callback=f"{url}/recording")
    )
    assert (begun.status, begun.channels) == ("in-progress", 2)
    paused = await ask(lambda: recordings("Twilio.CURRENT").update(status="paused", pause_behavior="skip"))
    assert paused.status == "paused"
    await ask(lambda: recordings("Twilio.CURRENT").update(status="stopped"))
    assert (await ask(lambda: theirs.recordings(begun.sid).fetch())).status == "completed"
    assert [one.sid for one in await ask(lambda: theirs.recordings.list(call_sid=sids[0]))] == [begun.sid]
    await twilio.callbacks.settled()
    assert heard.told("recording", "RecordingStatus") == ["completed"]
    assert await ask(me.delete)
    assert await ask(theirs.recordings(begun.sid).delete)
    with pytest.raises(TwilioRestException, match="not found"):
        await ask(lambda: theirs.recordings(begun.sid).fetch())


async def test_the_account_its_number_and_its_app(twilio: TwilioVoiceSimulator) -> None:
    theirs = client(twilio)
    assert (await ask(lambda: theirs.api.accounts(ACCOUNT).fetch())).status == "active"
    (number,) = await ask(lambda: theirs.incoming_phone_numbers.list(phone_number=NUMBER))
    assert (number.voice_url, number.capabilities["voice"]) == (twilio.hook_url, True)
    assert (await ask(lambda: theirs.applications(APP).fetch())).voice_url == twilio.hook_url
    keyed = Client(KEY[0], KEY[1], ACCOUNT, http_client=_Local(twilio.url))
    assert await ask(lambda: keyed.calls.list(limit=1)) == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fault.REFUSED, 400, 21211), (Fault.UNAUTHORISED, 401, 20003), (Fault.BUSY, 429, 20429), (Fault.DOWN, 503, 20503)],
)
async def test_it_hears_the_simulators_faults(
    twilio: TwilioVoiceSimulator, fault: Fault, status: int, code: int
) -> None:
    twilio.misbehave(fault)
    with pytest.raises(TwilioRestException) as raised:
        await ask(lambda: client(twilio).calls.create(to=CUSTOMER, from_=NUMBER, twiml=ROOM))
    assert (raised.value.status, raised.value.code) == (status, code)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": "tomorrow"}, 21211),
        ({"from_": "+15005550001"}, 21210),
        ({"twiml": None}, 21205),
        ({"twiml": None, "url": "voice.xml"}, 21205),
        ({"twiml": "<Response><Sing/></Response>"}, 12100),
        ({"twiml": "<Response><Say tone='kind'>Hello</Say></Response>"}, 12100),
        ({"twiml": "<Response>" + " " * 4000 + "</Response>"}, 20001),
        ({"status_callback_event": ["hummed"]}, 21626),
        ({"machine_detection": "Perhaps"}, 20001),
        ({"timeout": 601}, 20001),
    ],
)
async def test_the_simulator_refuses_what_twilio_would(
    twilio: TwilioVoiceSimulator, changed: dict[str, Any], code: int
) -> None:
    """A simulator that takes anything proves nothing."""
    given = {"to": CUSTOMER, "from_": NUMBER, "twiml": ROOM} | changed
    with pytest.raises(TwilioRestException) as raised:
        await ask(lambda: client(twilio).calls.create(**{name: it for name, it in given.items() if it is not None}))
    assert raised.value.code == code
    assert not twilio.world.calls


async def test_a_document_that_cant_be_followed_ends_the_call(
    twilio: TwilioVoiceSimulator, listener: tuple[Listener, str]
) -> None:
    heard, url = listener
    heard.document = "<Response><Dial><Number>+15005550006</Number></Dial></Response>"
    twilio.phone(CUSTOMER).habit = Habit.ANSWERS
    await ask(lambda: client(twilio).calls.create(to=CUSTOMER, from_=NUMBER, url=f"{url}/voice"))
    await twilio.phone(CUSTOMER).hears("application error")
    await twilio.phone(CUSTOMER).is_free()
    assert "<Number> can't stand in <Dial>" in twilio.world.alerts[0]


async def test_a_hub_that_is_away_is_asked_twice(twilio: TwilioVoiceSimulator) -> None:
    listening = Listener()
    url = await listening.start()
    await listening.stop()
    phone = twilio.phone(CUSTOMER)
    phone.habit = Habit.ANSWERS
    await ask(lambda: client(twilio).calls.create(to=CUSTOMER, from_=NUMBER, url=f"{url}/voice"))
    await phone.hears("application error")
    assert twilio.world.alerts


PUBLISHED = [
    ("/Calls.json", tables.CREATE_CALL),
    ("/Calls/{Sid}.json", tables.UPDATE_CALL),
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}.json", tables.UPDATE_PARTICIPANT),
    ("/Calls/{CallSid}/Recordings.json", tables.CREATE_RECORDING),
    ("/Calls/{CallSid}/Recordings/{Sid}.json", tables.UPDATE_RECORDING),
]
LISTS = [
    ("/Calls.json", tables.LIST_CALLS),
    ("/Conferences.json", tables.LIST_CONFERENCES),
    ("/Recordings.json", tables.LIST_RECORDINGS),
    ("/IncomingPhoneNumbers.json", tables.LIST_NUMBERS),
]
ROOT = "/2010-04-01/Accounts/{AccountSid}"


@pytest.mark.parametrize(("path", "table"), PUBLISHED)
def test_the_simulator_knows_the_parameters_that_twilio_publishes(path: str, table: frozenset[str]) -> None:
    described = published("twilio_api_v2010.json")
    form = described["paths"][ROOT + path]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert set(_resolved(described, form["schema"])["properties"]) == table


@pytest.mark.parametrize(("path", "table"), LISTS)
def test_the_simulator_knows_the_filters_that_twilio_publishes(path: str, table: frozenset[str]) -> None:
    described = published("twilio_api_v2010.json")
    asked = described["paths"][ROOT + path]["get"]["parameters"]
    assert {one["name"] for one in asked if one["in"] == "query"} - {"PageSize", "Page", "PageToken"} == table


def test_the_simulator_knows_the_states_that_twilio_publishes() -> None:
    described = published("twilio_api_v2010.json")
    states = set(described["components"]["schemas"]["call_enum_status"]["enum"])
    assert states - {"queued", "ringing", "in-progress"} == tables.ENDS


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


MAKERS = {
    "Say": VoiceResponse.say,
    "Play": VoiceResponse.play,
    "Pause": VoiceResponse.pause,
    "Gather": VoiceResponse.gather,
    "Record": VoiceResponse.record,
    "Redirect": VoiceResponse.redirect,
    "Reject": VoiceResponse.reject,
    "Hangup": VoiceResponse.hangup,
    "Dial": VoiceResponse.dial,
    "Start": VoiceResponse.start,
    "Conference": voice_response.Dial.conference,
    "Recording": voice_response.Start.recording,
    "Transcription": voice_response.Start.transcription,
}
TEXTS = {"message", "url", "number", "name"}
"""Arguments that are an element's text in Twilio's library, and no attribute; a transcription's name is one."""


@pytest.mark.parametrize("word", [word for word in tables.WORDS if word != "Response"])
def test_the_words_of_documents_are_those_of_twilios_library(word: str) -> None:
    known = set(inspect.signature(MAKERS[word]).parameters) - {"self", "kwargs"}
    known -= TEXTS - ({"name"} if word == "Transcription" else set())
    camel = {re.sub("_([a-z])", lambda found: found[1].upper(), name) for name in known}
    assert tables.WORDS[word].attributes == camel


async def test_another_account_is_not_let_in(twilio: TwilioVoiceSimulator) -> None:
    with pytest.raises(TwilioRestException) as raised:
        await ask(lambda: client(twilio, "a-token-of-somebody-else").calls("CA" + "00" * 16).fetch())
    assert raised.value.status == 401
