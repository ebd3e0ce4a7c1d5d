"""The command `verdicts`: what people said, counted, and as tables."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.convert import Overwrite
from dawnchorus.cli.folders import RFCX, can_replace
from dawnchorus.words import counted


@app.command(epilog=example("verdicts reviews.db", "verdicts reviews.db --rfcx TABLES"))
@plain_errors
def verdicts(
    where: Annotated[
        str, typer.Argument(metavar="VERDICTS", help="The verdicts of `review`: a file, or postgresql://…")
    ],
    add: Annotated[
        list[Path] | None,
        typer.Option(help="Read a table into them: train_tp.csv or train_fp.csv of RFCX, or Arbimon validations."),
    ] = None,
    by: Annotated[str, typer.Option(help="Whose answers --add reads, where the table doesn't say.")] = "imported",
    rfcx: Annotated[Path | None, typer.Option(help="Folder for train_tp.csv, train_fp.csv and species.csv.")] = None,
    arbimon: Annotated[Path | None, typer.Option(help="A CSV file of validations.")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Count what people said in a review, read tables into it, write it as tables."""
    if importlib.util.find_spec("sqlalchemy") is None:
        typer.echo('dawnchorus: verdicts need sqlalchemy; install it with: pip install "dawnchorus[review]"', err=True)
        raise typer.Exit(1)
    from dawnchorus.review import exchange
    from dawnchorus.review import verdicts as store
    from dawnchorus.review.as_annotations import disagreements

    if not add and "://" not in where and not Path(where).is_file():
        raise store.StoreError(f"{where}: no such file; expected the verdicts of `dawnchorus review`")
    tables = [] if rfcx is None else [rfcx / name for name in RFCX]
    can_replace(tables if arbimon is None else [*tables, arbimon], overwrite)
    problems: list[str] = []
    with store.Store(where) as opened:
        for path in add or ():
            named = store.species_named(opened.rows(), ())
            rows, its = exchange.read_any(path, named, by)
            opened.add(rows)
            problems += map(str, its)
        kept = opened.rows()
    said, species = store.standing(kept), store.species_named(kept, ())
    if rfcx is not None:
        exchange.write_rfcx(rfcx, said, species)
    if arbimon is not None:
        exchange.write_arbimon(arbimon, said, species)
    counts = Counter((species[one.species].name, store.WORDS[one.present]) for one in said)
    differ = len(disagreements(said))
    if as_json:
        names = sorted({name for name, _ in counts})
        table = {name: {word: counts[name, word] for word in store.ANSWERS} for name in names}
        typer.echo(json.dumps({"species": table, "disagreements": differ, "problems": problems}))
        return
    for line in problems:
        typer.echo(line, err=True)
    for one in species:
        words = ", ".join(f"{counts[one.name, word]} {word}" for word in store.ANSWERS if counts[one.name, word])
        if words:
            typer.echo(f"{one.name}: {words}")
    people = ", ".join(f"{name} {number}" for name, number in Counter(one.by for one in said).most_common())
    stretches = counted(differ, "stretch", "stretches")
    typer.echo(f"{counted(len(said), 'verdict')} ({people}); {stretches} of which people say different things")
