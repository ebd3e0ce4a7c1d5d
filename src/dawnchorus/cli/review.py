"""The command `review`: a page on which people say what is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Literal

import typer

from dawnchorus.cli.app import app, example, plain_errors

NEEDED = ("fastapi", "uvicorn", "sqlalchemy")


@app.command(epilog=example("review OUT --audio AUDIO", "review OUT --audio AUDIO --verdicts reviews.db"))
@plain_errors
def review(
    found: Annotated[
        Path | None,
        typer.Argument(help="The --out folder of `detect`, its table, or a run folder. Without it, calls are marked."),
    ] = None,
    audio: Annotated[
        list[Path] | None, typer.Option(help="Folders with the recordings; nothing outside them is read.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="The model that found them, for its thresholds; RUN/model of RUN/detections.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Embeddings to find similar calls by: RUN/features, RUN trained with --encoder.")
    ] = None,
    verdicts: Annotated[
        str | None, typer.Option(help="A file, or postgresql://…; reviews.db beside the detections if not given.")
    ] = None,
    order: Annotated[
        Literal["rare", "highest", "threshold", "stratified", "disagreement", "mix", "random"] | None,
        typer.Option(help="What is asked first. Default: rare, the species with few calls first."),
    ] = None,
    reviewers: Annotated[str, typer.Option(help="Names to choose from, with commas between them.")] = "",
    host: Annotated[str, typer.Option(help="Where to listen; anything but 127.0.0.1 asks for a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    token: Annotated[str, typer.Option(envvar="DAWNCHORUS_TOKEN", help="For other machines; made when needed.")] = "",
    name: Annotated[list[str] | None, typer.Option(help="Further names that browsers call this machine by.")] = None,
    seed: Annotated[int, typer.Option(help="Decides among clips of equal rank.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Open a page that shows and plays what was found, one key an answer. Ends with Ctrl+C; nothing is lost.

    With --audio and --verdicts alone there is nothing to ask; calls are marked, and the like of them is found. With
    nothing at all it opens a start page: choose recordings and a model, detect, review, train.
    """
    if not audio and (found is not None or store is not None):
        raise typer.BadParameter("expected the folder of the recordings", param_hint="--audio")
    if found is None and model is not None:
        raise typer.BadParameter("its thresholds are those of detections; say where these are", param_hint="--model")
    if found is None and audio and not verdicts:
        raise typer.BadParameter("without detections, say where the answers go", param_hint="--verdicts")
    missing = [one for one in NEEDED if importlib.util.find_spec(one) is None]
    if missing:
        typer.echo(
            f'dawnchorus: review needs {missing[0]}; install it with: pip install "dawnchorus[review]"', err=True
        )
        raise typer.Exit(1)
    from dawnchorus.review import serve
    from dawnchorus.review.queue import FIRST

    names = [one.strip() for one in reviewers.split(",") if one.strip()]
    served = serve.Served(
        found,
        tuple(audio or ()),
        verdicts or "",
        order or FIRST,
        seed,
        tuple(names),
        host,
        port,
        token,
        tuple(name or ()),
        model,
        store,
    )
    serve.serve(served, typer.echo, browser)
