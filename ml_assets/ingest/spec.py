"""The `ingest` part of the YAML: where examples come from, how they are cut into spans and splits."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema, model_validator

from ml_assets.spec import Fraction, FunctionName, Spec, refuse_broken_rules

ColumnType = Literal["string", "int", "float", "bool", "date", "timestamp"]
Granularity = Literal["hour", "day", "week", "month", "file"]


class SourceSpec(Spec):
    """Exactly one of `csv`, `parquet`, `jsonl`, `sql` and `python`.

    Attributes
    ----------
    csv, parquet, jsonl : str, optional
        A file, a folder or a glob pattern; a relative one is looked up from the project's folder.
    sql : str, optional
        An SQLAlchemy URL; `query` says what to read from it.
    python : str, optional
        A function ``module:function`` without arguments that gives a DataFrame, an Arrow table, or an
        iterator of either.
    query : str, optional
        The SQL query, only with `sql`.
    fingerprint : str, optional
        Only with `python`: a function ``module:function`` without arguments that gives a text which
        changes whenever the data do. Without it the source function is called on every run.
    encoding, delimiter : str
        Of a CSV file.
    decimal, thousands : str
        How numbers are written in a CSV file: ``decimal: ","`` reads 0,5; ``thousands: "."`` with it
        reads 1.157.830,5. By default a dot, and nothing.
    types : mapping
        The declared types of columns of a CSV or JSON Lines file. A column that is not named here gets
        the narrowest of int, float, bool, date, timestamp and string that holds every value as it is
        written; leading zeros and "NA" make it a string.
    null_values : list of str
        Texts that mean "no value" in a CSV column that is not a string. An empty unquoted field is
        always null.
    """

    csv: str | None = None
    parquet: str | None = None
    jsonl: str | None = None
    sql: str | None = None
    python: FunctionName | None = None
    query: str | None = None
    fingerprint: FunctionName | None = None
    encoding: str = "utf-8"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    types: dict[str, ColumnType] = {}
    null_values: list[str] = []

    @property
    def kind(self) -> str:
        """Which of the five kinds of source it is."""
        kinds = ("csv", "parquet", "jsonl", "sql", "python")
        return next(kind for kind in kinds if getattr(self, kind) is not None)

    @property
    def is_file(self) -> bool:
        """Whether it is a file, or several; else it is a query or a function."""
        return self.kind not in ("sql", "python")

    @property
    def display_name(self) -> str:
        """The source in errors: its file, pattern or function; never the URL, which may hold a secret."""
        path_or_function = self.csv or self.parquet or self.jsonl or self.python
        return path_or_function or "the rows of ingest.source.query"

    @model_validator(mode="after")
    def _exactly_one(self) -> "SourceSpec":
        kinds = ("csv", "parquet", "jsonl", "sql", "python")
        declared = [kind for kind in kinds if getattr(self, kind) is not None]
        listed = " and ".join(declared) or "none"
        lone_key = "query" if self.query is not None else "sql"
        needs_one = f"needs exactly one of {', '.join(kinds)}; found {listed}"
        style_key = "decimal" if self.decimal != "." else "thousands"
        is_styled = self.decimal != "." or bool(self.thousands)
        refuse_broken_rules(
            (is_styled and self.csv is None, style_key, f"belongs to a csv source; found {listed}"),
            (self.thousands == self.decimal, "thousands", "must differ from decimal"),
            (len(declared) != 1, "", needs_one),
            (
                (self.query is None) != (self.sql is None),
                lone_key,
                "needs sql and query together",
            ),
            (
                self.fingerprint is not None and self.python is None,
                "fingerprint",
                f"belongs to a python source; found {listed}",
            ),
        )
        return self


class WindowSpec(Spec):
    """The spans to use: from `start` to `end`, both included, or the `last` N spans.

    For spans cut by file, only `last` and an empty window (all spans) apply.
    """

    start: datetime | None = None
    end: datetime | None = None
    last: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "WindowSpec":
        both_ways = self.last is not None and (self.start is not None or self.end is not None)
        start, end = self.start, self.end
        mixed_zones = bool(start and end and (start.tzinfo is None) != (end.tzinfo is None))
        backwards = bool(start and end and not mixed_zones and start > end)
        refuse_broken_rules(
            (mixed_zones, "start", "and end must both have a time zone, or neither"),
            (both_ways, "", "takes either last, or start and end; found both"),
            (backwards, "start", f"{self.start} is after end {self.end}"),
        )
        return self


class SplitSpec(Spec):
    """How examples are cut into train, eval (for tuning) and test (for the Evaluator).

    Attributes
    ----------
    by : {"hash", "time", "group"}
        ``hash``: by a hash of the key. ``time``: the last rows by time are test, those before them
        eval. ``group``: by a hash of the column `group`, whose values never appear in two splits.
    group : str, optional
        The column to group by.
    eval, test : float
        The share of the examples in each, 0 to 1, exclusive. By time, the cut lies on a whole time
        value, so that no moment is in two splits.
    """

    by: Literal["hash", "time", "group"] = "hash"
    group: str | None = None
    eval: Annotated[float, Field(gt=0, lt=1)] = 0.15
    test: Annotated[float, Field(gt=0, lt=1)] = 0.15

    @model_validator(mode="after")
    def _leaves_train(self) -> "SplitSpec":
        share = self.eval + self.test
        grouped = (self.by == "group") == (self.group is not None)
        refuse_broken_rules(
            (
                share >= 1,
                "",
                f"leaves nothing to train on: eval + test must be below 1; found {share:g}",
            ),
            (not grouped, "", "needs by: group and a group column together"),
        )
        return self


class IngestSpec(Spec):
    """Where examples come from and how they are cut.

    Attributes
    ----------
    source : SourceSpec
        Where the rows come from.
    key : list of str
        The columns that identify an example. Without them the whole row does.
    time : str, optional
        The column with the moment at which a prediction is wanted.
    span : {"hour", "day", "week", "month", "file"}
        How the source is cut into spans: by its time column, or one span for each file.
    window : WindowSpec
        The spans to train on; all by default.
    split : SplitSpec
        How the examples are split.
    known_at : list of str
        Time columns that say when a joined fact became known. None may be later than `time`.
    max_rejected_fraction : float
        The largest share of rows that may be unreadable, 0 to 1.
    """

    source: SourceSpec
    key: Annotated[list[str], WithJsonSchema({"type": ["string", "array"]})] = []
    time: str | None = None
    span: Granularity = "file"
    window: WindowSpec = WindowSpec()
    split: SplitSpec = SplitSpec()
    known_at: list[str] = []
    max_rejected_fraction: Fraction = 0.01

    @model_validator(mode="before")
    @classmethod
    def _key_as_list(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("key"), str):
            return {**values, "key": [values["key"]]}
        return values

    @model_validator(mode="after")
    def _time_where_needed(self) -> "IngestSpec":
        lacks_time = self.time is None
        has_dates = self.window.start is not None or self.window.end is not None
        spans_by_time = "hour, day, week or month"
        refuse_broken_rules(
            (
                lacks_time and self.span != "file",
                "span",
                f"{self.span} needs a time column; set time",
            ),
            (
                lacks_time and self.split.by == "time",
                "split",
                "by time needs a time column; set time",
            ),
            (lacks_time and bool(self.known_at), "known_at", "needs a time column; set time"),
            (
                self.span == "file" and has_dates,
                "window",
                f"with dates needs span: {spans_by_time}; found file",
            ),
        )
        return self
