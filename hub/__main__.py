"""The `onethread` command. Imports are late: each command loads only what it needs."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def onethread() -> None:
    """One thread per customer, whatever the channel."""


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from hub.http.api import openapi as document
    from hub.http.openapi import as_json

    typer.echo(as_json(document()).decode())


def main() -> None:
    app()


if __name__ == "__main__":
    main()
