"""The command `review`: a page on which people say what is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Literal

import typer

from dawnchorus.cli.app import app, plain_errors

NEEDED = ("fastapi", "uvicorn", "sqlalchemy")


@app.command()
@plain_errors
def review(
    found: Annotated[Path, typer.Argument(help="The --out folder of `detect`, its table, or a run folder.")],
    audio: Annotated[list[Path], typer.Option(help="Folders with the recordings; nothing outside them is read.")],
    verdicts: Annotated[
        str | None, typer.Option(help="A file, or postgresql://…; reviews.db beside the detections if not given.")
    ] = None,
    order: Annotated[
        Literal["mix", "highest", "threshold", "stratified", "disagreement", "rare", "random"],
        typer.Option(help="What is asked first."),
    ] = "mix",
    reviewers: Annotated[str, typer.Option(help="Names to choose from, with commas between them.")] = "",
    host: Annotated[str, typer.Option(help="Where to listen; anything but 127.0.0.1 asks for a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    token: Annotated[str, typer.Option(envvar="DAWNCHORUS_TOKEN", help="For other machines; made when needed.")] = "",
    name: Annotated[list[str] | None, typer.Option(help="Further names that browsers call this machine by.")] = None,
    seed: Annotated[int, typer.Option(help="Decides among clips of equal rank.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Open a page that shows and plays what was found, one key an answer. Ends with Ctrl+C; nothing is lost."""
    missing = [one for one in NEEDED if importlib.util.find_spec(one) is None]
    if missing:
        typer.echo(
            f'dawnchorus: review needs {missing[0]}; install it with: pip install "dawnchorus[review]"', err=True
        )
        raise typer.Exit(1)
    from dawnchorus.review import serve

    names = [one.strip() for one in reviewers.split(",") if one.strip()]
    where = verdicts or str((found if found.is_dir() else found.parent) / "reviews.db")
    served = serve.Served(found, tuple(audio), where, order, seed, tuple(names), host, port, token, tuple(name or ()))
    serve.serve(served, typer.echo, browser)
