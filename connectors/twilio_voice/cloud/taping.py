"""What is kept of a call: recordings, and its words as lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call import Call
    from .world import World

LETTERS_A_SECOND = 15


class Tape:
    """One recording."""

    def __init__(self, world: World, call: Call, source: str, given: Mapping[str, str]) -> None:
        """`given` has the names of a document's attributes, wherever it came from."""
        self.sid = world.next_sid("RE")
        self.call, self.source = call, source
        self.channels = 2 if given.get("channels") == "dual" else 1
        self.status = "in-progress"
        self.begun: datetime = world.now()
        self.seconds = 0
        self.words: list[str] = []
        """Of a voicemail: what was said."""
        self._world = world
        self._told_to = given.get("recordingStatusCallback", "")
        self._events = (given.get("recordingStatusCallbackEvent") or "completed").split()
        self._transcribed_to = given.get("transcribeCallback", "") if given.get("transcribe") == "true" else ""
        self.updated = self.begun
        self._tell("in-progress")

    @property
    def running(self) -> bool:
        return self.status in ("in-progress", "paused")

    @property
    def url(self) -> str:
        return f"{self._world.api}/2010-04-01/Accounts/{self._world.account}/Recordings/{self.sid}"

    def set(self, status: str) -> None:
        self.status, self.updated = status, self._world.now()
        if status == "stopped":
            self.finish()

    def finish(self) -> None:
        """Silence is no voicemail."""
        self.updated = self._world.now()
        silent = self.source == "RecordVerb" and not self.words
        spoken = sum(map(len, self.words)) // LETTERS_A_SECOND
        self.seconds = 0 if silent else max(1, spoken, int((self.updated - self.begun).total_seconds()))
        self.status = "absent" if silent else "completed"
        self._tell(self.status)
        if self._transcribed_to and self.words:
            self._transcribe()

    def _about(self) -> dict[str, str]:
        return {
            "AccountSid": self._world.account,
            "CallSid": self.call.sid,
            "RecordingSid": self.sid,
            "RecordingUrl": self.url,
        }

    def _tell(self, status: str) -> None:
        if status in self._events:
            told = {
                **self._about(),
                "RecordingStatus": status,
                "RecordingDuration": str(self.seconds),
                "RecordingChannels": str(self.channels),
                "RecordingStartTime": format_datetime(self.begun),
                "RecordingSource": self.source,
                "RecordingTrack": "both",
            }
            self._world.callbacks.tell(self._told_to, told)

    def _transcribe(self) -> None:
        told = {
            **self._about(),
            "TranscriptionSid": self._world.next_sid("TR"),
            "TranscriptionText": " ".join(self.words),
            "TranscriptionStatus": "completed",
            "TranscriptionType": "fast",
            "TranscriptionUrl": f"{self._world.api}/2010-04-01/Accounts/{self._world.account}/Transcriptions",
        }
        self._world.callbacks.tell(self._transcribed_to, told)


class Transcript:
    """Real-time lines of one call: `inbound_track` is who holds the telephone, `outbound_track` what they hear."""

    def __init__(self, world: World, call: Call, given: Mapping[str, str]) -> None:
        self.sid = world.next_sid("GT")
        self._world, self._call = world, call
        self._told_to = given.get("statusCallbackUrl", "")
        self._track = given.get("track", "both_tracks")
        self._language = given.get("languageCode", "en-US")
        self._count = 0
        self._tell("transcription-started")

    def line(self, track: str, text: str) -> None:
        if self._track in (track, "both_tracks"):
            data = json.dumps({"transcript": text, "confidence": 0.93})
            self._tell("transcription-content", {"Track": track, "TranscriptionData": data, "Final": "true"})

    def finish(self) -> None:
        self._tell("transcription-stopped")

    def _tell(self, event: str, more: Mapping[str, str] | None = None) -> None:
        self._count += 1
        told = {
            "LanguageCode": self._language,
            "TranscriptionSid": self.sid,
            "TranscriptionEvent": event,
            "CallSid": self._call.sid,
            "AccountSid": self._world.account,
            "Timestamp": self._world.now().isoformat(),
            "SequenceId": str(self._count),
            **(more or {}),
        }
        self._world.callbacks.tell(self._told_to, told)
