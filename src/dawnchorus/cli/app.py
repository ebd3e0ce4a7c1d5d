"""What the commands share: the application, plain errors, options that several have."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# As a user meets them, which is how `--help` lists them.
ORDER = (
    "demo", "simulate", "train", "pretrain", "evaluate", "detect", "merge", "check", "quantise", "blend", "info",
    "experiment",
)  # fmt: skip


class InOrder(TyperGroup):
    """Commands in the order of ORDER."""

    def list_commands(self, ctx: object) -> list[str]:
        """The names of the commands."""
        return sorted(self.commands, key=ORDER.index)


app = typer.Typer(
    cls=InOrder,
    help="dawnchorus learns to hear species from partial annotations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

experiments = typer.Typer(help="Studies: files of experiments that answer one question.", no_args_is_help=True)
app.add_typer(experiments, name="experiment")

EXIT_FAULTS = 3  # finished, but some files failed
LINES = 20  # of faults that are shown
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines instead of tables.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one a core if not given.")]
TimeLimit = Annotated[float, typer.Option(min=1, help="Seconds without any sign after which a file is given up.")]


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """What a user can mend is told in a sentence, without a traceback."""

    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except (ValueError, OSError, RuntimeError) as error:
            if type(error).__module__.partition(".")[0] not in ("dawnchorus", "builtins"):
                raise
            typer.echo(f"dawnchorus: {error}", err=True)
            raise typer.Exit(1) from error

    return guarded


def need_training() -> None:
    """Stop with a sentence where the `train` extra is not installed."""
    missing = [
        name
        for name in ("torch", "timm", "pytorch_lightning", "safetensors", "onnx", "onnxscript")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        typer.echo(
            f'dawnchorus: training needs {missing[0]}; install it with: pip install "dawnchorus[train]"', err=True
        )
        raise typer.Exit(1)


def listed(faults: list[Any]) -> list[str]:
    """A line for each fault and the recordings that have it: a folder of one recorder has one in all of its files."""
    alike: dict[str, list[str]] = {}
    for one in faults:
        alike.setdefault(str(one.fault), []).append(one.recording)
    return [
        f"{recordings[0]}{f' and {len(recordings) - 1} more' if len(recordings) > 1 else ''}: {fault}"
        for fault, recordings in alike.items()
    ]
