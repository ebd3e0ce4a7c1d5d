"""The commands `experiment`: studies, run, compared, listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from dawnchorus.cli.app import EXIT_FAULTS, Json, example, experiments, need_training, plain_errors
from dawnchorus.cli.folders import can_write, need_data, need_table

StudyPath = Annotated[str, typer.Argument(metavar="STUDY[:VARIANT]", help="A study file, or one variant of it.")]
ResultsFolder = Annotated[Path, typer.Option(help="Folder for results, and for fits that studies share.")]


@experiments.command(
    "run", epilog=example("experiment run experiments/memo/which_stages.py --data DATA --seeds 3 --out runs")
)
@plain_errors
def experiment_run(
    study: StudyPath,
    data: Annotated[Path, typer.Option(help="Folder with train_tp.csv, train_fp.csv, recordings, and test/.")],
    out: ResultsFolder = Path("runs"),
    seeds: Annotated[int, typer.Option(min=1, help="Train every variant from so many seeds.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them: to share the work among machines.")] = 0,
    folds: Annotated[int | None, typer.Option(min=2, help="Folds; the study's own if not given.")] = None,
    budget: Annotated[float, typer.Option(min=0.001, help="Multiply all steps by this.")] = 1.0,
    backbone: Annotated[str | None, typer.Option(help="Use this network in place of resnet18.")] = None,
    weights: Annotated[str | None, typer.Option(help="Initial weights for --backbone.")] = None,
    detail: Annotated[Literal["coarse", "memo"], typer.Option(help="Columns of 32 or 16 ms.")] = "memo",
    batch: Annotated[int | None, typer.Option(min=2, help="At most so many windows a step.")] = None,
    keep: Annotated[
        Literal["last", "best_on_known_cells"] | None, typer.Option(help="Which weights of a stage count.")
    ] = None,
    external: Annotated[list[Path] | None, typer.Option(help="Folders of recordings nobody annotated.")] = None,
    with_model: Annotated[bool, typer.Option("--with-model", help="Leave a model folder for `detect`, too.")] = False,
) -> None:
    """Train what is missing of a study's variants, and score them; run again to go on after an interruption."""
    need_data(data)
    can_write(out)
    need_training()
    from dawnchorus.console import Training, console
    from dawnchorus.study import load
    from dawnchorus.study.adapt import Scale
    from dawnchorus.study.run import material, run_variant

    path, only = load.split(study)
    found = load.load(path)
    if only is not None and only not in found.variants:
        raise ValueError(f"{path}: no variant {only!r}; there are {', '.join(found.variants)}")
    names = [only] if only else list(found.variants)
    scale = Scale(budget, folds, backbone, weights, coarse=detail == "coarse", batch=batch, keep=keep)
    heard, say, failed = material(data, external or []), console().print, 0
    for seed in range(first_seed, first_seed + seeds):
        for name in names:
            wanted = found.variants[name].experiment
            sets = {"test": heard.test, "external": heard.external}
            lacking = [which for which in sorted(wanted.hears) if not sets[which]] if wanted else ["nothing"]
            if wanted is None or lacking:
                reason = "nothing to run" if wanted is None else f"needs recordings: {', '.join(lacking)}"
                say(f"{found.name}:{name}: left out, {reason}", markup=False)
                continue
            try:
                with Training(scale(wanted, seed).fits) as training:
                    folder = run_variant(found, name, seed, scale, heard, out, training.of_fit, with_model)
                say(f"{found.name}:{name}, seed {seed}: {folder}", markup=False)
            except (ValueError, RuntimeError) as error:  # one variant that fails doesn't stop the night's work
                say(f"{found.name}:{name}, seed {seed}: failed, {error}", markup=False)
                failed += 1
    say(f"next: dawnchorus experiment compare {path} --data {data} --out {out}", markup=False)
    if failed:
        raise typer.Exit(EXIT_FAULTS)


@experiments.command(
    "compare", epilog=example("experiment compare experiments/memo/which_stages.py --data DATA --truth test.csv")
)
@plain_errors
def experiment_compare(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A study file.")],
    data: Annotated[Path, typer.Option(help="The folder that the study was run on.")],
    out: ResultsFolder = Path("runs"),
    truth: Annotated[Path | None, typer.Option(help="A table of every event in the test recordings.")] = None,
    scorer: Annotated[Path | None, typer.Option(help="A benchmark's own scorer, a program: SCORER DATA ...")] = None,
) -> None:
    """Show what the variants of a study reached beside the baseline, and write it as Markdown and CSV."""
    need_training()
    from dawnchorus.console import console
    from dawnchorus.files import write_text
    from dawnchorus.study import compare, judge, load, table
    from dawnchorus.study.comparison_csv import write_csv

    if truth is not None and scorer is not None:
        raise typer.BadParameter("--truth and --scorer are two ways to say the same")
    need_table(study)
    knows: judge.Judge = judge.Nobody()
    if scorer is not None:
        knows = judge.ScorerScript(scorer, data)
    elif truth is not None:
        knows = judge.TruthTable(truth)
    found = load.load(study)
    comparison = compare.compare(found, out, knows)
    home = out / found.name
    write_text(home / "compare.md", table.as_markdown(comparison))
    write_csv(home / "compare.csv", comparison)
    say = console().print
    say(table.comparison_table(comparison))
    say(f"the same in {home / 'compare.md'} and {home / 'compare.csv'}", markup=False)


@experiments.command("list", epilog=example("experiment list", "experiment list MY_STUDIES --json"))
@plain_errors
def experiment_list(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of studies.")] = Path("experiments"),
    as_json: Json = False,
) -> None:
    """Show every line of the memo, the variant that stands for it, and what was reported of it."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; studies are in the project's checkout, or name your own folder")
    need_training()
    from dataclasses import asdict

    from dawnchorus.console import console
    from dawnchorus.study import load, table
    from dawnchorus.study.catalogue import catalogue

    entries = catalogue(load.studies_in(folder))
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries]))
        return
    console().print(table.catalogue_table(entries))
