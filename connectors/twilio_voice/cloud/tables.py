"""What Twilio takes: the parameters of its API, and the words of its documents. Anything else is a mistake of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# fmt: off
CREATE_CALL = frozenset({
    "To", "From", "Method", "FallbackUrl", "FallbackMethod", "StatusCallback", "StatusCallbackEvent",
    "StatusCallbackMethod", "SendDigits", "Timeout", "Record", "RecordingChannels", "RecordingStatusCallback",
    "RecordingStatusCallbackMethod", "SipAuthUsername", "SipAuthPassword", "MachineDetection",
    "MachineDetectionTimeout", "RecordingStatusCallbackEvent", "Trim", "CallerId", "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold", "MachineDetectionSilenceTimeout", "AsyncAmd", "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod", "Byoc", "CallReason", "CallToken", "RecordingTrack", "TimeLimit",
    "ClientNotificationUrl", "Url", "Twiml", "ApplicationSid",
})
UPDATE_CALL = frozenset({
    "Url", "Method", "Status", "FallbackUrl", "FallbackMethod", "StatusCallback", "StatusCallbackMethod", "Twiml",
    "TimeLimit",
})
LIST_CALLS = frozenset({
    "To", "From", "ParentCallSid", "Status", "StartTime", "StartTime<", "StartTime>", "EndTime", "EndTime<",
    "EndTime>",
})
LIST_CONFERENCES = frozenset({
    "DateCreated", "DateCreated<", "DateCreated>", "DateUpdated", "DateUpdated<", "DateUpdated>", "FriendlyName",
    "Status",
})
UPDATE_PARTICIPANT = frozenset({
    "Muted", "Hold", "HoldUrl", "HoldMethod", "AnnounceUrl", "AnnounceMethod", "WaitUrl", "WaitMethod", "BeepOnExit",
    "EndConferenceOnExit", "Coaching", "CallSidToCoach",
})
CREATE_RECORDING = frozenset({
    "RecordingStatusCallbackEvent", "RecordingStatusCallback", "RecordingStatusCallbackMethod", "Trim",
    "RecordingChannels", "RecordingTrack",
})
UPDATE_RECORDING = frozenset({"Status", "PauseBehavior"})
LIST_RECORDINGS = frozenset({
    "DateCreated", "DateCreated<", "DateCreated>", "CallSid", "ConferenceSid", "IncludeSoftDeleted",
})
LIST_NUMBERS = frozenset({"Beta", "FriendlyName", "PhoneNumber", "Origin"})
# fmt: on

CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
ENDS = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Word:
    """One element of a document: its attributes, and what may stand in it."""

    attributes: frozenset[str] = frozenset()
    holds: frozenset[str] = frozenset()


def _word(attributes: str = "", holds: str = "") -> Word:
    return Word(frozenset(attributes.split()), frozenset(holds.split()))


WORDS: Mapping[str, Word] = {
    "Response": _word("", "Say Play Gather Dial Record Redirect Reject Hangup Pause Start"),
    "Say": _word("voice loop language"),
    "Play": _word("loop digits"),
    "Pause": _word("length"),
    "Gather": _word(
        "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits "
        "partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult "
        "speechModel enhanced",
        "Say Play Pause",
    ),
    "Record": _word(
        "action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback "
        "recordingConfigurationId"
    ),
    "Redirect": _word("method"),
    "Reject": _word("reason"),
    "Hangup": _word(),
    "Dial": _word(
        "action method timeout hangupOnStar timeLimit callerId record trim recordingStatusCallback "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent answerOnBridge ringTone recordingTrack sequential "
        "referUrl referMethod events recordingConfigurationId passports",
        "Conference",
    ),
    "Conference": _word(
        "muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record region coach "
        "trim statusCallbackEvent statusCallback statusCallbackMethod recordingStatusCallback "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent eventCallbackUrl jitterBufferSize "
        "participantLabel recordingConfigurationId"
    ),
    "Start": _word("action method", "Transcription Recording"),
    "Recording": _word(
        "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim track channels "
        "recordingConfigurationId"
    ),
    "Transcription": _word(
        "name track statusCallbackUrl statusCallbackMethod inboundTrackLabel outboundTrackLabel partialResults "
        "languageCode transcriptionEngine profanityFilter speechModel hints enableAutomaticPunctuation "
        "intelligenceService"
    ),
}
"""The part of Twilio's document language that is played here."""
