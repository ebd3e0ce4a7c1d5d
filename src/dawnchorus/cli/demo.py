"""The command `demo`: simulate, train, detect, evaluate, show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import app, example, need_training, plain_errors
from dawnchorus.cli.detect import detect_shown
from dawnchorus.cli.evaluate import evaluate_shown
from dawnchorus.cli.train import train_shown


@app.command(epilog=example("demo", "demo --out forest --seed 1"))
@plain_errors
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Another seed, another simulated forest.")] = 0,
) -> None:
    """Simulate a small forest, train three stages on it, detect, and compare with the known truth."""
    need_training()
    from dataclasses import replace

    from dawnchorus import demo as demonstration
    from dawnchorus import simulate as simulator
    from dawnchorus.console import bar, console, found_table

    say, places = console().print, demonstration.Places(out)
    say("1. Simulating recordings of six species, of which a few boxes are revealed …")
    with bar("simulating") as step:
        simulator.simulate(places.data, replace(demonstration.SIMULATION, seed=seed), step, overwrite=True)
    say("2. Training stages 1, 2 and 3, some minutes on 2 cores …")
    train_shown(places.data, places.run, replace(demonstration.experiment(), seed=seed), [], False, None)
    say("3. Detecting in the test recordings …")
    detect_shown(
        places.run / "model",
        [places.data / "test"],
        places.detections,
        sample=places.data / "sample_submission.csv",
        restart=True,
    )
    say("4. Comparing with the truth, which training never saw …")
    evaluate_shown(places.run, places.data / "truth" / "test.csv", places.data / "test", False)
    say("\nOf the test recordings, the truth and what was found:")
    say(found_table(demonstration.found(places)))
    say(f"Open {places.run / 'report.html'} in a browser.", markup=False)
    say(f"To hear what was found: dawnchorus review {places.detections} --audio {places.data / 'test'}", markup=False)
    say("With your own recordings: dawnchorus train DATA --out RUN", markup=False)
