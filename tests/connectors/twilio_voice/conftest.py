from collections.abc import AsyncIterator

import aiohttp
import pytest

from connectors.twilio_voice.conformance import APP
from connectors.twilio_voice.simulator import TwilioVoiceSimulator
from tests.connectors.twilio_voice.support import KEY, SmallHub, provider


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioVoiceSimulator]:
    async with provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def hub() -> AsyncIterator[SmallHub]:
    async with SmallHub(api_key_sid=KEY[0], api_key_secret=KEY[1], app_sid=APP, recording_format="wav") as running:
        yield running
        assert running.twilio.world.alerts == []
