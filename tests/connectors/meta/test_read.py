"""What requests mean, beyond the fixtures."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.meta.connector import MetaConnector
from hub.contract import (
    Echo,
    Edit,
    Event,
    Ignored,
    Malformed,
    Message,
    Proof,
    Reaction,
    ReadUntil,
    Removal,
    State,
    Status,
)
from tests.connectors.meta.support import (
    CUSTOMER,
    at_instagram,
    at_messenger,
    event,
    instagram,
    messenger,
    request,
    sign,
)

BOTH = [instagram, messenger]


def read(connector: MetaConnector[Any], **kinds: Any) -> Event:
    (found,) = connector.normalise(request(connector, event(connector, **kinds)))
    return found


def heard(connector: MetaConnector[Any], **said: Any) -> Message:
    found = read(connector, message={"mid": "m_1", **said})
    assert isinstance(found, Message)
    return found


@pytest.mark.parametrize("build", BOTH)
def test_a_text_is_a_proven_message_at_the_time_it_was_written(build: Any) -> None:
    message = heard(build(), text="Is it open?\0")
    assert (message.sender.value, message.text, message.proof) == (CUSTOMER, "Is it open?", Proof.PROVIDER)
    assert message.sender.kind == build().capabilities.identity
    assert message.at == datetime(2026, 1, 2, 3, 4, 5, 123000, UTC)


@pytest.mark.parametrize("build", BOTH)
def test_what_happened_on_our_side_is_no_customers_deed(build: Any) -> None:
    connector = build()
    swapped = {"sender": {"id": connector.account_id}, "recipient": {"id": CUSTOMER}}
    for kinds in (
        {"reaction": {"mid": "m_1", "action": "react", "emoji": "👍"}},
        {"message_edit": {"mid": "m_1", "text": "Hello"}},
        {"read": {"watermark": 1767323045123}},
        {"postback": {"mid": "m_1", "title": "Start", "payload": "START"}},
        {"message": {"mid": "m_1", "is_echo": True, "is_deleted": True}},
    ):
        assert isinstance(read(connector, **kinds, **swapped), Ignored)


@pytest.mark.parametrize("build", BOTH)
def test_our_key_comes_back_only_with_our_signature(build: Any) -> None:
    connector = build()
    swapped = {"sender": {"id": connector.account_id}, "recipient": {"id": CUSTOMER}}

    def echo(metadata: Any, app_id: int = 1) -> Event:
        said = {"mid": "m_9", "text": "Ours", "is_echo": True, "app_id": app_id, "metadata": metadata}
        return read(connector, message=said, **swapped)

    ours = echo(f"d-7f3a.{sign('metadata:d-7f3a')}")
    assert isinstance(ours, Echo)
    assert (ours.key, ours.ref, ours.to.value) == ("d-7f3a", "m_9", CUSTOMER)
    for stranger in ("d-7f3a", "d-7f3a.", ".", f"d-0000.{sign('metadata:d-7f3a')}", "", None, ["x"], "é.é"):
        found = echo(stranger)
        assert isinstance(found, Echo)
        assert (found.key, found.text) == ("", "Ours")
    assert isinstance(echo(None, int(connector.settings.app_id)), Ignored)


@pytest.mark.parametrize("build", BOTH)
def test_a_message_without_the_mark_of_an_echo_is_one_all_the_same_if_the_account_sent_it(build: Any) -> None:
    connector = build()
    found = read(
        connector, message={"mid": "m_1", "text": "Hi"}, sender={"id": connector.account_id}, recipient={"id": CUSTOMER}
    )
    assert isinstance(found, Echo)
    to_itself = {"sender": {"id": connector.account_id}, "recipient": {"id": connector.account_id}}
    assert isinstance(read(connector, message={"mid": "m_1", "text": "Hi"}, **to_itself), Ignored)


def test_an_answer_from_metas_own_inbox_keeps_its_files() -> None:
    connector = messenger()
    found = read(
        connector,
        sender={"id": connector.account_id},
        recipient={"id": CUSTOMER},
        message={
            "mid": "m_1",
            "is_echo": True,
            "attachments": [{"type": "image", "payload": {"url": "https://scontent.fbcdn.net/a.jpg"}}],
        },
    )
    assert isinstance(found, Echo)
    assert [file.url for file in found.files] == ["https://scontent.fbcdn.net/a.jpg"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"action": "react", "reaction": "love", "emoji": "😍"}, "😍"),
        ({"action": "react", "reaction": "wow"}, "😮"),
        ({"action": "react", "reaction": "something new"}, "❤️"),
        ({"action": "react"}, "❤️"),
        ({"action": "unreact", "reaction": "love", "emoji": "😍"}, ""),
    ],
)
def test_a_reaction_is_shown_however_it_is_told(told: dict[str, str], shown: str) -> None:
    found = read(instagram(), reaction={"mid": "m_1", **told})
    assert isinstance(found, Reaction)
    assert (found.about, found.emoji) == ("m_1", shown)


def test_each_reaction_edit_and_removal_is_an_event_of_its_own() -> None:
    connector = instagram()
    react = {"mid": "m_1", "action": "react", "emoji": "👍"}
    found = [
        read(connector, reaction=react),
        read(connector, reaction=react, timestamp=1767323045999),
        read(connector, reaction={"mid": "m_1", "action": "unreact"}),
        read(connector, message_edit={"mid": "m_1", "text": "a", "num_edit": 1}),
        read(connector, message_edit={"mid": "m_1", "text": "b", "num_edit": 2}),
        read(connector, message={"mid": "m_1", "is_deleted": True}),
        read(connector, message={"mid": "m_1", "text": "Hello"}),
    ]
    refs = [one.ref for one in found if isinstance(one, Reaction | Edit | Removal | Message)]
    assert len(set(refs)) == len(found)


def test_what_was_read_is_a_message_at_instagram_and_a_moment_at_messenger() -> None:
    assert read(instagram(), read={"mid": "m_1"}) == Status("m_1", State.READ)
    found = read(messenger(), read={"watermark": 1767323045123})
    assert isinstance(found, ReadUntil)
    assert (found.until, found.state) == (datetime(2026, 1, 2, 3, 4, 5, 123000, UTC), State.READ)
    assert isinstance(read(messenger(), read={}), Ignored)


def test_a_detail_of_a_shape_that_nobody_knows_costs_that_detail_only() -> None:
    message = heard(
        instagram(),
        text="Look",
        attachments=[
            "?",
            {"type": 5},
            {"type": "image", "payload": "?"},
            {"type": "hologram", "payload": {"url": "x"}},
        ],
        reply_to="?",
        referral=[],
        quick_reply={"payload": 5},
    )
    assert (message.text, message.files, message.cards, message.choice) == ("Look", (), (), "")
    assert len(message.warnings) == 4
    assert "hologram" in message.warnings[3]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "//host/x", "https://[", "", "data:text/html,x"]
)
def test_only_addresses_of_the_web_are_kept(url: str) -> None:
    message = heard(
        messenger(),
        attachments=[
            {"type": "fallback", "title": "Click me", "payload": {"url": url}},
            {"type": "image", "payload": {"url": url}},
        ],
    )
    assert [card.url for card in message.cards] == [""]
    assert message.files == ()
    assert len(message.warnings) == 1


def test_where_a_place_lies_can_be_opened() -> None:
    place = {"type": "location", "payload": {"coordinates": {"lat": -33.86, "long": 151.21}}}
    (card,) = heard(messenger(), attachments=[place]).cards
    assert (card.kind, card.title, card.text) == ("location", "A place", "-33.86, 151.21")
    assert "mlat=-33.86&mlon=151.21" in card.url
    nowhere = {"type": "location", "payload": {"coordinates": {"lat": "NaN", "long": 0}}}
    assert heard(messenger(), attachments=[nowhere]).warnings


def test_a_cut_character_does_not_cost_the_message() -> None:
    connector = messenger()
    raw = request(connector, event(connector, message={"mid": "m_1", "text": "@@"}))
    (found,) = connector.normalise(replace(raw, body=raw.body.replace(b"@@", b"Boots \\ud83e\\udd7e, cut \\ud83e")))
    assert isinstance(found, Message)
    assert found.text == "Boots 🥾, cut ?"


def test_a_time_in_seconds_is_understood() -> None:
    found = read(instagram(), message={"mid": "m_1", "text": "Hi"}, timestamp="1767323045")
    assert isinstance(found, Message)
    assert found.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "kinds",
    [
        {"message": {"text": "no id"}},
        {"message": {"mid": "", "text": "no id"}},
        {"message": {"mid": "m 1", "text": "a blank"}},
        {"message": {"mid": "m" * 501}},
        {"message": {"mid": "m_1", "text": 5}},
        {"message": {"mid": "m_1", "text": "a" * 100_001}},
        {"message": {"mid": "m_1", "text": "Hi"}, "sender": {"id": ""}},
        {"message": {"mid": "m_1", "text": "Hi"}, "sender": None},
        {"reaction": {"action": "react"}},
        {"message_edit": {"mid": "m_1"}},
        {"message": "?"},
    ],
)
def test_what_a_message_cannot_do_without_is_asked_for(kinds: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="can't be read"):
        read(messenger(), **kinds)


@pytest.mark.parametrize(("build", "other"), [(instagram, messenger), (messenger, instagram)])
def test_what_is_for_others_is_not_looked_into(build: Any, other: Any) -> None:
    (found,) = build().normalise(request(other(), "rubbish"))
    assert isinstance(found, Ignored)
    (found,) = build().normalise(request(build(), "rubbish", id="1"))
    assert isinstance(found, Ignored)
    assert "another account (1)" in found.reason


def test_nothing_is_said_by_an_empty_request() -> None:
    assert list(messenger().normalise(request(messenger()))) == []


def test_a_repetition_is_known_though_it_is_stamped_anew() -> None:
    connector = messenger()
    one = event(connector, message={"mid": "m_1", "text": "Hello"})
    two = event(connector, message={"mid": "m_2", "text": "Hello"})
    key = connector.dedup_key(request(connector, one))
    assert key == connector.dedup_key(request(connector, one, time=1767999999999))
    assert key != connector.dedup_key(request(connector, two))
    assert key != connector.dedup_key(request(connector, one, two))
    assert key != instagram().dedup_key(request(instagram(), one))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["mid", "text", "attachments", "type", "payload", "url", "reply_to", "story", "is_echo", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_a_message_holds_it_is_read_or_malformed(said: Any) -> None:
    for connector in (instagram(), messenger()):
        raw = request(connector, event(connector, message=said))
        assert 0 < len(connector.dedup_key(raw)) <= 200
        with suppress(Malformed):
            list(connector.normalise(raw))


@pytest.mark.parametrize("at", [at_instagram, at_messenger])
def test_a_persons_deeds_are_read_as_what_they_are(at: Any) -> None:
    """The simulator and the connector agree on every kind there is."""
    meta = at()
    meta.url = "https://meta.example"
    connector = instagram() if meta.object == "instagram" else messenger()
    maya = meta.person("Maya")
    told = [maya.writes("These run small 🥾"), maya.writes("In 39?")]
    said = maya.turns[0]
    told += [
        maya.sends(b"...", "image/png", "boots.png"),
        maya.answers_story("Love these"),
        maya.shares("https://www.instagram.com/p/1", "Boots", "ig_post"),
        maya.stands_at(52.5, 13.4),
        maya.presses("Where is my order?", "ORDER"),
        maya.reacts(said, "👍"),
        maya.unreacts(said),
        maya.edits(said, "These run very small"),
        maya.unsends(said),
    ]
    raw = meta.webhook(*told)
    assert b"\\ud83e\\udd7e" in raw.body, "Meta escapes what is not ASCII"
    assert b"\\/" in raw.body
    assert connector.verify(meta.sign(raw)) is None
    found = list(connector.normalise(raw))
    assert [type(one).__name__ for one in found] == ["Message"] * 7 + ["Reaction", "Reaction", "Edit", "Removal"]
    messages = [one for one in found if isinstance(one, Message)]
    assert messages[0].text == "These run small 🥾"
    assert [file.type for file in messages[2].files] == ["image/jpeg"]
    assert [card.kind for message in messages for card in message.cards] == ["story", "post", "location"]
    assert messages[6].choice == "ORDER"
    assert json.loads(raw.body)["entry"][0]["id"] == connector.account_id
