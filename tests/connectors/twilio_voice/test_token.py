"""The consoles' sign-in is the one that Twilio's own library writes."""

import re
from datetime import UTC, datetime

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from connectors.twilio_voice.conformance import ACCOUNT, APP
from connectors.twilio_voice.names import agent_of, client_name
from connectors.twilio_voice.token import TTL_S, phone_token
from tests.connectors.twilio_voice.support import AGENT, KEY, build

SECRET = "a-secret-of-these-tests-as-long-as-a-key"
LINE = build(api_key_sid=KEY[0], api_key_secret=SECRET, app_sid=APP)


def test_a_console_signs_in_as_twilios_own_library_would() -> None:
    now = datetime.now(UTC)
    ours = jwt.decode(phone_token(LINE.settings, AGENT, now), SECRET, algorithms=["HS256"])
    theirs = AccessToken(ACCOUNT, KEY[0], SECRET, identity=client_name(AGENT), nbf=int(now.timestamp()), ttl=TTL_S)
    theirs.add_grant(VoiceGrant(incoming_allow=True, outgoing_application_sid=APP))
    wanted = jwt.decode(theirs.to_jwt(), SECRET, algorithms=["HS256"])
    moment = re.compile("[0-9]+$")
    assert moment.sub("", ours.pop("jti")) == moment.sub("", wanted.pop("jti"))
    assert abs(ours.pop("exp") - wanted.pop("exp")) <= 2
    assert ours == wanted
    assert jwt.get_unverified_header(LINE.phone_token(AGENT)) == jwt.get_unverified_header(theirs.to_jwt())


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_agent_has_a_name_of_their_own_at_twilio(agent: str) -> None:
    name = client_name(agent)
    assert re.fullmatch("agent_[A-Za-z0-9_]+", name)
    assert agent_of(f"client:{name}") == agent


@pytest.mark.parametrize(
    "name", ["client:maya", "client:agent_1_zz_", "client:agent_1_ff_", "agent_1", "client:agent_1_2"]
)
def test_another_name_is_nobodys(name: str) -> None:
    with pytest.raises(ValueError, match=r"named|hex|utf-8|decode"):
        agent_of(name)
