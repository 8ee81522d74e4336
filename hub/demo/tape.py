"""Recordings of calls that never took place: two murmuring voices by turns, small and the same in every demo."""

from __future__ import annotations

import io
import math
import random
import wave

RATE = 4000
PITCHES = (118.0, 196.0)
SYLLABLE_S = 0.2


def wav(seconds: int, seed: int) -> bytes:
    """Eight bits a sample, so that half a minute takes little more than a hundred kilobytes."""
    chance = random.Random(seed)
    syllables = [[_syllable(pitch * rise) for rise in (0.9, 1.0, 1.12)] for pitch in PITCHES]
    silence = bytes([128]) * int(RATE * SYLLABLE_S)
    sound = bytearray()
    while len(sound) < seconds * RATE:
        for voice in syllables:
            for _ in range(chance.randint(6, 16)):
                sound += silence if chance.random() < 0.2 else chance.choice(voice)
            sound += silence * 2
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(bytes(sound[: seconds * RATE]))
    return written.getvalue()


def _syllable(pitch: float) -> bytes:
    """Swells and fades, with two overtones."""
    count = int(RATE * SYLLABLE_S)
    samples = []
    for sample in range(count):
        turn = 2 * math.pi * pitch * sample / RATE
        tone = math.sin(turn) + 0.5 * math.sin(2 * turn) + 0.25 * math.sin(3 * turn)
        samples.append(128 + int(40 * tone * math.sin(math.pi * sample / count)))
    return bytes(samples)
