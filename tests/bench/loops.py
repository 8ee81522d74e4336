"""uvloop where it is installed, as in the hub: both sides of a ratio and its driver run on the same kind of loop."""

import asyncio
from asyncio import AbstractEventLoop
from importlib import import_module
from importlib.util import find_spec


def new_event_loop() -> AbstractEventLoop:
    if find_spec("uvloop"):
        loop: AbstractEventLoop = import_module("uvloop").new_event_loop()
        return loop
    return asyncio.new_event_loop()
