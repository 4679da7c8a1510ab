"""Whether the stored records of a lineage are up to date; nothing is made to find out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from ml_assets.artifacts.declared import Unsure, declared_stage, ingredients_now
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.reasons import changes
from ml_assets.artifacts.sound import damage_in_words, find_damage
from ml_assets.artifacts.store import Artifact, Record, Store
from ml_assets.errors import MLAssetsError

REMEDY = "run the whole pipeline"


@dataclass(frozen=True)
class Standing:
    """The lineages of some artifacts, and what is wrong with them.

    Attributes
    ----------
    lineages : list of dict
        The records of each artifact's lineage, by asset.
    problems : list of str
        What cannot be read or was damaged.
    stale : list of str
        As `why_stale` gives it.
    """

    lineages: list[dict[str, Record]]
    problems: list[str]
    stale: list[str]


def standing_of(home: Home, pipeline: str, artifacts: Iterable[Artifact], run_id: str) -> Standing:
    """Read the lineages of artifacts back from the store, and judge every record and object of them.

    Parameters
    ----------
    home, pipeline, run_id
        As `why_stale` has them.
    artifacts : iterable of Artifact
        The artifacts.
    """
    store = Store(home.pipeline(pipeline))
    lineages, problems = read_lineages(store, artifacts)
    records = {name: record for lineage in lineages for name, record in lineage.items()}
    for name, record in records.items():
        damaged = find_damage(store, store.artifact(record))
        if damaged:
            problems.append(f"{name}: it was damaged: {damage_in_words(store, damaged)}; {REMEDY}")
    return Standing(lineages, problems, why_stale(home, pipeline, records, run_id))


def read_lineages(
    store: Store, artifacts: Iterable[Artifact]
) -> tuple[list[dict[str, Record]], list[str]]:
    """Give the records of each artifact's lineage, by asset, and what could not be read."""
    lineages, problems = [], []
    for artifact in artifacts:
        try:
            record = store.record(artifact.asset, artifact.fingerprint)
            lineages.append(store.lineage(record) if record else {})
        except (MLAssetsError, OSError, ValueError, TypeError) as error:
            problems.append(f"{artifact.asset}: its lineage cannot be read: {error}")
    return lineages, problems


def why_stale_now(home: Home, pipeline: str, assets: Iterable[str]) -> list[str]:
    """Give `why_stale` of the current records of some assets and of everything upstream."""
    store = Store(home.pipeline(pipeline))
    records = [record for record in map(store.current, assets) if record is not None]
    lineages, _ = read_lineages(store, map(store.artifact, records))
    return why_stale(
        home, pipeline, {name: record for lineage in lineages for name, record in lineage.items()}
    )


def stale_assets(store: Store) -> list[str]:
    """Name the assets whose current record was made from inputs that are not current any more, sorted."""
    records = {name: store.current(name) for name in store.assets()}

    @cache
    def is_stale(name: str) -> bool:
        record = records.get(name)
        inputs = record.ingredients.get("inputs", {}) if record else {}
        return any(
            _differs(records.get(upstream), digest) or is_stale(upstream)
            for upstream, digest in inputs.items()
        )

    return [name for name, record in records.items() if record is not None and is_stale(name)]


def _differs(record: Record | None, digest: str) -> bool:
    return record is None or record.digest != digest


def why_stale(
    home: Home, pipeline: str, lineage: Mapping[str, Record], run_id: str = ""
) -> list[str]:
    """Say which records of a lineage do not hold under the present YAML, code, libraries and world.

    Parameters
    ----------
    home : Home
        The home folder.
    pipeline : str
        The pipeline's name. Its stages must have been built in this process.
    lineage : mapping of str to Record
        Records by asset, each with all that it was made from.
    run_id : str
        The current run. What it has verified itself is not verified again.

    Returns
    -------
    list of str
        One sentence for each cause, with the assets that it makes stale; empty where all holds.
    """
    causes: dict[str, list[str]] = {}
    for asset, record in lineage.items():
        cause = _cause(home, pipeline, record, run_id)
        if cause is not None:
            causes.setdefault(cause, []).append(asset)
    return [
        f"{', '.join(assets)} {'is' if len(assets) == 1 else 'are'} stale: {cause}; {REMEDY}"
        for cause, assets in causes.items()
    ]


def _cause(home: Home, pipeline: str, record: Record, run_id: str) -> str | None:
    try:
        return next(_causes(home, pipeline, record, run_id), None)
    except MLAssetsError as error:
        return str(error)


def _causes(home: Home, pipeline: str, record: Record, run_id: str) -> Iterator[str]:
    stage, store = declared_stage(pipeline, record.asset), Store(home.pipeline(pipeline))
    if stage is None:
        yield "the pipeline makes no such asset any more"
        return
    ingredients = ingredients_now(stage, home, record.ingredients.get("inputs", {}))
    yield from (f"{change} since" for change in changes(record, ingredients))
    current = store.current(record.asset)
    if current is None or current.digest != record.digest:
        yield "another one holds now"
        return
    if stage.verify is not None and store.pointed_by(record.asset) != run_id:
        why = stage.verify(home, store.artifact(record))
        if why is not None and not isinstance(why, Unsure):
            yield why
