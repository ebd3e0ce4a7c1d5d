"""The command `convert`: annotations and detections from one format to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.folders import RFCX, can_replace, can_write

IN_FOLDERS = {"raven": ("**/*.selections.txt",), "audacity": ("**/*.txt",), "rfcx": RFCX}
"""The files of formats that are folders."""


def _encoding(name: str) -> str:
    try:
        "".encode(name or "utf-8")
    except (LookupError, ValueError):
        raise typer.BadParameter(f"no encoding of text is named {name!r}; cp1252 or shift_jis are two") from None
    return name


Species = Annotated[str, typer.Option("--species-column", help="The column, or the key of a tag, with the species.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", help="Plain CSV: what a column holds, as start=Onset; again for each column."),
]
Verdict = Annotated[str | None, typer.Option(help="What rows without a verdict say: present, absent, unsure, unseen.")]
DecimalComma = Annotated[bool, typer.Option("--decimal-comma", help="Plain CSV: 1,5 is one and a half.")]
Names = Annotated[
    Path | None, typer.Option(help="A table of species, a column a kind of name: code, scientific, common or others.")
]
NameAs = Annotated[str, typer.Option(help="With --names: the column whose names are used.")]
Complete = Annotated[
    bool,
    typer.Option("--complete", help="Tables list every call: elsewhere in their recordings the species are absent."),
]
Recordings = Annotated[
    Path | None, typer.Option(help="A recordings.csv with sites and starts, which exports of sites and times need.")
]
Encoding = Annotated[
    str,
    typer.Option(help="The encoding of tables that are not UTF-8, such as cp1252 or shift_jis.", callback=_encoding),
]
Sound = Annotated[list[Path] | None, typer.Option(help="Folders with the recordings.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace tables that are there.")]


def spellings(names: Path | None, name_as: str, encoding: str = "") -> Any:
    """The table of names, or one without any."""
    from dawnchorus.annotations import names as table

    return table.NO_NAMES if names is None else table.read(names, name_as, encoding)


def told(
    species: str,
    columns: list[str] | None,
    verdict: str | None,
    comma: bool,
    audio: list[Path] | None,
    places: Path | None,
    encoding: str = "",
) -> Any:
    """What the options say of a table, with the recordings found."""
    from dawnchorus.annotations.marks import WORDS, Told
    from dawnchorus.annotations.problems import AnnotationError
    from dawnchorus.audio.folders import scan
    from dawnchorus.console import bar

    pairs = dict[str, str]()
    for pair in columns or []:
        ours, equals, theirs = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"--column {pair}: expected a pair such as start=Onset")
        pairs[ours.strip()] = theirs.strip()
    words = {**WORDS, "unseen": WORDS[""]}
    if verdict is not None and verdict not in words:
        raise typer.BadParameter(f"--verdict {verdict}: expected present, absent, unsure or unseen")
    recordings: Any = ()
    if audio:
        with bar("looking at the recordings") as step:
            recordings, _ = scan(audio, progress=step)
        if not recordings:
            raise AnnotationError(f"no recording is in {', '.join(map(str, audio))}; are these the right folders?")
    if places is not None:
        recordings = _placed(recordings, places)
    return Told(species, None if verdict is None else words[verdict], pairs, tuple(recordings), comma, encoding)


def _held(out: Path, write_as: str) -> list[Path]:
    """The files in the way of what is to be written."""
    if out.is_dir():
        return [path for pattern in IN_FOLDERS.get(write_as, ()) for path in sorted(out.glob(pattern))]
    return [out]


def _placed(recordings: Any, table: Path) -> list[Any]:
    """Recordings with the sites and the starts that a recordings.csv has for them."""
    from dataclasses import replace

    from dawnchorus.annotations.door import by_key
    from dawnchorus.annotations.recordings import read, read_starts

    sites, starts = (by_key(said, recordings)[0] for said in (read(table)[0], read_starts(table)[0]))
    return [replace(one, site=sites.get(one.key, ""), start=starts.get(one.key)) for one in recordings]


@app.command(
    epilog=example(
        "convert OUT/detections.parquet RAVEN --to raven",
        "convert labels boxes.csv --column start=Onset --column end=Offset",
    )
)
@plain_errors
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A table, or a folder of them.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A file, or a folder with a file for each recording.")],
    read_as: Annotated[
        str, typer.Option("--from", help="The format of IN, if it is not to be guessed: raven, audacity, csv, …")
    ] = "",
    write_as: Annotated[
        str, typer.Option("--to", help="The format of OUT, if its name does not tell: raven, rfcx, parquet, …")
    ] = "",
    audio: Sound = None,
    recordings: Recordings = None,
    species_column: Species = "",
    column: Columns = None,
    verdict: Verdict = None,
    names: Names = None,
    name_as: NameAs = "scientific",
    decimal_comma: DecimalComma = False,
    encoding: Encoding = "",
    complete: Complete = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write annotations or detections in another format, and say what it cannot hold."""
    from dawnchorus import convert as converting
    from dawnchorus.console import console

    can_write(out.parent)
    can_replace(_held(out, write_as), overwrite)
    said = told(species_column, column, verdict, decimal_comma, audio, recordings, encoding)
    done = converting.convert([source], out, read_as, write_as, said, spellings(names, name_as, encoding), complete)
    if as_json:
        problems = [str(one) for one in done.problems]
        typer.echo(json.dumps({"rows": done.rows, "silence": done.silence, "lost": done.lost, "problems": problems}))
    else:
        for line in done.lines():
            console().print(line, markup=False)
        console().print(f"written: {out}", markup=False)
