"""Runs one process of a hub until it is told to stop: the port, the event loop, the log, and a clean end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable

from aiohttp import web

from hub.config import Config

SETTLED_S = 1.0


class Stage:
    """What a command adds around the hub; this one only greets."""

    async def before(self, config: Config) -> None:
        """The database is migrated, nothing runs yet."""

    def set_up(self, app: web.Application) -> None:
        """The hub is built; routes may still be added."""

    async def ready(self, app: web.Application) -> None:
        """Everything runs, and requests are answered right after this."""
        from hub.welcome import console_lines

        print(*await console_lines(app), sep="\n", flush=True)


def run(config: Config, stage: Stage) -> None:
    """Serve until SIGTERM or Ctrl+C. Raises `OSError` when the port is taken."""
    set_up_log(config.log_level)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(config, stage))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(config: Config, stage: Stage) -> None:
    from hub.app import create
    from hub.http.door import Door, runner

    port = open_port(config)
    config = config.model_copy(update={"port": port.getsockname()[1]})
    await stage.before(config)
    app = await create(config)
    stage.set_up(app)
    running = runner(app)
    await running.setup()
    stopped = _stop_signal()
    try:
        # what is told comes first: whoever sees the port answer may rely on having been told
        await stage.ready(app)
        await Door(running, port).start()
        asyncio.get_running_loop().call_later(SETTLED_S, _settle_memory)
        await stopped.wait()
    finally:
        await running.cleanup()


def _settle_memory() -> None:
    """What the start has made stays for good: collections needn't look at it, nor come after every few messages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def open_port(config: Config) -> socket.socket:
    """Raises `OSError` when somebody else has it. With port 0 the system chooses one."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family, backlog=1024)


def _stop_signal() -> asyncio.Event:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def set_up_log(level: str) -> None:
    """One line for each event on standard error; what happens is first, details follow."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
