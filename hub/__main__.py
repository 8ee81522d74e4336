"""The `onethread` command. Imports are late: each command loads only what it needs."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from hub.config import Config
    from hub.serving import Stage

app = typer.Typer(no_args_is_help=True, add_completion=False)
agent = typer.Typer(no_args_is_help=True, help="People who work in the console.")
app.add_typer(agent, name="agent")


@app.callback()
def onethread() -> None:
    """One thread per customer, whatever the channel."""


@app.command()
def serve() -> None:
    """Run the hub. Settings come from the environment (ONETHREAD_…)."""
    from hub.serving import Stage

    _run(_config(), Stage())


@app.command()
def demo() -> None:
    """Run a hub with a sample shop to play with: a customer's page, sample customers, and mail that goes nowhere."""
    from hub.demo import Demo, demo_config

    _run(demo_config(_config()), Demo())


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema, and do nothing else."""
    config = _config()
    _migrate(config)
    say("The database is up to date.")


@app.command()
def doctor() -> None:
    """Check database, ports, public URL, sockets and channels, and say what to fix."""
    import asyncio

    from hub.doctor import examine

    config = _config()

    async def look() -> int:
        faults = 0
        async for finding in examine(config):
            faults += bool(finding.fix)
            say(f"{'fix ' if finding.fix else 'ok  '}{finding.about}: {finding.found}")
            if finding.fix:
                say(f"      {finding.fix}")
        return faults

    faults = asyncio.run(look())
    say(
        "",
        "Everything is well." if not faults else f"{faults} {'thing needs' if faults == 1 else 'things need'} fixing.",
    )
    raise typer.Exit(1 if faults else 0)


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from hub.http import openapi as document
    from hub.http.openapi import as_json

    say(as_json(document()).decode())


@app.command()
def new_connector(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and _, as in my_sms")],
) -> None:
    """Write the package of a connector that works, to be changed into your own."""
    from pathlib import Path

    from hub.testkit.scaffold import CantWrite, next_steps, write

    try:
        say(next_steps(name, write(name, Path.cwd())))
    except CantWrite as error:
        fail(str(error))


@app.command()
def conformance(
    connector: Annotated[str, typer.Argument(help="The connector's key, as in its entry point")],
    record: Annotated[bool, typer.Option(help="Write what fixtures without an expectation mean today")] = False,
) -> None:
    """Hold a connector against the contract."""
    from hub.testkit.run import run

    raise typer.Exit(run(connector, record_missing=record, say=typer.echo))


@agent.command("add")
def agent_add(
    email: str,
    name: str,
    role: Annotated[str, typer.Option(help="owner, admin or agent")] = "agent",
) -> None:
    """Add an agent and print a one-time link to sign in with; for an agent who never signed in, a new link."""
    import asyncio

    from hub.core.access import BY_ROLE
    from hub.core.errors import CoreError
    from hub.db import Database, DatabaseGone
    from hub.http.agents import invite

    config = _config()
    if role not in BY_ROLE:
        fail(f"There is no role {role}. Use owner, admin or agent.")
    _migrate(config)

    async def add() -> str:
        db = Database(config.database)
        try:
            _, secret = await db.write(lambda conn: invite(conn, email, name, role))
            return secret
        finally:
            await db.close()

    try:
        say(f"{config.address}/link/{asyncio.run(add())}")
    except (CoreError, DatabaseGone) as error:
        fail(str(error))


def _config() -> Config:
    from pydantic import ValidationError

    from hub.config import Config

    try:
        return Config()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        wrong = "; ".join(
            f"ONETHREAD_{str(d['loc'][0]).upper()}: {d['msg'].removeprefix('Value error, ')}" for d in details
        )
        fail(f"A setting in the environment can't be used. {wrong}.")


def _run(config: Config, stage: Stage) -> None:
    # hardly anything made while starting is garbage, and looking for it takes a tenth of the start
    gc.disable()
    from hub.serving import run

    _migrate(config)
    try:
        run(config, stage)
    except OSError as error:
        fail(f"Onethread can't listen on {config.host}:{config.port}: {error.strerror}. Choose another ONETHREAD_PORT.")


def _migrate(config: Config) -> None:
    from hub.db import DatabaseGone, migrate

    try:
        migrate(config.database)
    except DatabaseGone as error:
        fail(f"The database can't be reached: {error}. Check ONETHREAD_DATABASE_URL, and that the database runs.")


def say(*lines: str) -> None:
    """At once, also where standard output is a file."""
    print(*lines, sep="\n", flush=True)


def fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    raise typer.Exit(1)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
