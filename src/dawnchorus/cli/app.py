"""What the commands share: the application, plain errors, options that several have."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# As a user meets them, which is how `--help` lists them.
GROUPS = {
    "Begin": ("demo", "simulate"),
    "From recordings and annotations to a model": ("check", "convert", "train", "evaluate", "info"),
    "From recordings and a model to what calls there": ("detect", "merge", "review", "verdicts", "summarise"),
    "More from a model": ("pretrain", "blend", "quantise", "experiment"),
}
GOES_ON = ("train", "pretrain", "detect", "experiment_run", "demo")  # the same command goes on where it was stopped

BEGIN = """\b
Where to begin:
  dawnchorus demo                            all of it on simulated sound, in minutes
  dawnchorus train DATA --out RUN            a model from recordings, train_tp.csv and train_fp.csv
  dawnchorus detect RUN/model AUDIO --out OUT
  dawnchorus COMMAND -h                      what a command takes, with an example

\b
Exit codes: 0 done; 1 an error, told in a sentence; 2 the command line is wrong;
3 finished, but some files or variants failed; 130 stopped with Ctrl+C."""


class InGroups(TyperGroup):
    """Commands under the headings of GROUPS, in their order."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands."""
        return sorted(self.commands, key=[name for names in GROUPS.values() for name in names].index)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """A heading for each group, a line for each command."""
        width = max(map(len, self.commands))
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                rows = [(name.ljust(width), self.commands[name].get_short_help_str(200)) for name in names]
                formatter.write_dl(rows)


app = typer.Typer(
    cls=InGroups,
    help="dawnchorus learns to hear species from partial annotations.",
    epilog=BEGIN,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

experiments = typer.Typer(help="Studies: files of experiments that answer one question.", no_args_is_help=True)
app.add_typer(experiments, name="experiment")


def _version(wanted: bool) -> None:
    if wanted:
        from dawnchorus import __version__

        typer.echo(f"dawnchorus {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def begin(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Say which version this is, and exit.")
    ] = False,
) -> None:
    """Where nothing is asked, the help says where to begin."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def example(*lines: str) -> str:
    """The end of a command's help: lines that can be typed as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  dawnchorus {line}" for line in lines)


EXIT_FAULTS = 3  # finished, but some files failed
EXIT_STOPPED = 130  # with Ctrl+C
LINES = 20  # of faults that are shown
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines in place of tables.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one a core if not given.")]
TimeLimit = Annotated[float, typer.Option(min=1, help="Seconds without any sign after which a file is given up.")]


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """What a user can mend is told in a sentence, without a traceback."""

    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except KeyboardInterrupt as error:
            kept = "what is done is kept, and the same command goes on from there"
            typer.echo(f"dawnchorus: stopped{f'; {kept}' if command.__name__ in GOES_ON else ''}", err=True)
            raise typer.Exit(EXIT_STOPPED) from error
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
