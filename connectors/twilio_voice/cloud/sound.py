"""Recordings that can be listened to: a soft tone for each second, another one for each side."""

from __future__ import annotations

import io
import math
import struct
import wave

RATE = 8000
PITCHES = (440.0, 330.0)
LOUD = 3000
SILENT_FRAME = bytes.fromhex("ffe328c0") + bytes(140)
"""An MP3 frame without sound: MPEG 2.5, layer III, 16 kbit/s, 8 kHz, mono; 72 ms in 144 bytes."""
FRAME_S = 0.072


def wav(seconds: int, channels: int = 1) -> bytes:
    sides = [_second(PITCHES[side % 2]) for side in range(channels)]
    second = b"".join(struct.pack(f"<{channels}h", *samples) for samples in zip(*sides, strict=True))
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(second * max(seconds, 1))
    return written.getvalue()


def mp3(seconds: int) -> bytes:
    return SILENT_FRAME * math.ceil(max(seconds, 1) / FRAME_S)


def _second(pitch: float) -> list[int]:
    """Swells and fades, so that no click is heard where one second meets the next."""
    return [
        int(LOUD * math.sin(math.pi * sample / RATE) * math.sin(2 * math.pi * pitch * sample / RATE))
        for sample in range(RATE)
    ]
