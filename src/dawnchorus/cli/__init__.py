"""The commands, one file each: parse, call, show. Heavy libraries are imported inside, so that `--help` is quick."""

from __future__ import annotations

from dawnchorus.cli import blend as blend
from dawnchorus.cli import check as check
from dawnchorus.cli import convert as convert
from dawnchorus.cli import demo as demo
from dawnchorus.cli import detect as detect
from dawnchorus.cli import evaluate as evaluate
from dawnchorus.cli import experiment as experiment
from dawnchorus.cli import info as info
from dawnchorus.cli import pretrain as pretrain
from dawnchorus.cli import quantise as quantise
from dawnchorus.cli import review as review
from dawnchorus.cli import simulate as simulate
from dawnchorus.cli import summarise as summarise
from dawnchorus.cli import train as train
from dawnchorus.cli import verdicts as verdicts
from dawnchorus.cli.app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="dawnchorus")
