"""The command `summarise`: a detection run as a season of sites, days and hours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dawnchorus.cli.app import Json, app, example, plain_errors
from dawnchorus.cli.folders import can_leave, can_write, need_found
from dawnchorus.words import counted


@app.command(epilog=example("summarise OUT --out SEASON", "summarise OUT --out WEEKS --occasion-days 7"))
@plain_errors
def summarise(
    run: Annotated[Path, typer.Argument(metavar="FOUND", help="The folder that `detect` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the tables and pictures.")],
    zone: Annotated[
        str | None,
        typer.Option(help="Time zone of days and hours, such as Asia/Tokyo or UTC-4; files.csv's if not given."),
    ] = None,
    occasion_days: Annotated[int, typer.Option(min=1, help="Days that make one occasion of a history.")] = 1,
    min_minutes: Annotated[
        float, typer.Option(min=0, help="An occasion with less recorded minutes counts as not recorded: NA.")
    ] = 0.0,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Lowest score of a detection that counts.")] = 0.0,
    species: Annotated[
        list[str] | None, typer.Option(help="Only this species, heard or not; may be given again.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Species by site, day and hour against what was recorded; histories for occupancy models; pictures."""
    need_found(run)
    can_write(out)
    from dawnchorus.console import console
    from dawnchorus.recorders import zones
    from dawnchorus.seasons import pictures, read, tables
    from dawnchorus.seasons.season import NO_SITE

    can_leave(out, pictures.PAGE, tables.NAMES)
    season = read.season(run, zones.parse(zone) if zone else None, threshold, tuple(species or ()))
    paths = [*tables.write(out, season, occasion_days, min_minutes), pictures.write(out, season)]
    days = season.days
    hours = sum(sum(its.values()) for its in season.seconds.values()) / 3600
    if as_json:
        record = {
            "sites": season.sites,
            "species": list(season.species),
            "first_day": days[0].isoformat() if days else None,
            "last_day": days[-1].isoformat() if days else None,
            "hours": round(hours, 4),
            "detections": sum(tally.detections.total() for tally in season.tallies.values()),
            "files_without_start": season.unplaced_files,
            "detections_without_start": season.unplaced_detections,
            "written": [str(path) for path in paths],
        }
        typer.echo(json.dumps(record))
        return
    say = console().print
    span = f"{days[0]} to {days[-1]}" if days else "no day"
    sites = counted(len(season.sites), "site")
    say(f"{len(season.species)} species at {sites}, {span}, {hours:.1f} h recorded", markup=False)
    if season.unplaced_files:
        say(
            f"in no table for want of a start time: {counted(season.unplaced_files, 'file')} with "
            f"{counted(season.unplaced_detections, 'detection')}; {run / 'files.csv'} says why",
            markup=False,
        )
    if NO_SITE in season.sites:
        say("some files have no site; give `detect` a --pattern such as {site}, or fill the column in files.csv")
    say(f"tables and pictures: {out}, to look at: {paths[-1]}", markup=False)
