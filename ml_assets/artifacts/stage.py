"""`stage_asset`: how one stage function of a room becomes a Dagster asset.

The asset returns the stored artifact if its code, settings, libraries and inputs are unchanged, and so is
what it reads outside the store. Otherwise it calls the stage function, which writes files into a staging
folder, and publishes them. Either way it emits the same metadata, data version and check results.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg

from ml_assets.artifacts.checks import CHECKS
from ml_assets.artifacts.declared import (
    DeclaredStage,
    StageFunction,
    Verify,
    declare,
    ingredients_now,
)
from ml_assets.artifacts.fingerprint import Ingredients, fingerprint
from ml_assets.artifacts.home import Home, current_home
from ml_assets.artifacts.materialization import materialization_of, report_line
from ml_assets.artifacts.outcome import Outcome
from ml_assets.artifacts.reasons import CACHED, DAMAGED, DELETED, reason_to_run
from ml_assets.artifacts.show import shown
from ml_assets.artifacts.sound import (
    damage_in_words,
    find_damage,
    refuse_damaged,
    set_aside,
    sound_path,
    was_set_aside,
)
from ml_assets.artifacts.store import Artifact, Record, Store
from ml_assets.durable import json_digest
from ml_assets.pipeline import PipelineSpec

IO_MANAGER = "artifacts"


@dataclass(frozen=True)
class Stage:
    """What a stage function may use beside its inputs.

    Attributes
    ----------
    directory : Path
        The empty folder into which the function writes the artifact's files.
    fingerprint : str
        Of the artifact that is being made; the same after a crash, so that work can be resumed.
    store, home : Store, Home
        The pipeline's artifacts, and the home folder.
    asset : str
        The asset's name.
    run_id : str
        The Dagster run.
    now : datetime
        When the stage began, in UTC.
    log : callable
        Prints one line for a person.
    """

    directory: Path
    fingerprint: str
    store: Store
    home: Home
    asset: str
    run_id: str
    now: datetime
    log: Callable[[str], None]

    @cached_property
    def previous(self) -> Artifact | None:
        """The asset's current artifact; None also where it was damaged, and it is then set aside."""
        record = self.store.current(self.asset)
        if record is None:
            return None
        artifact = self.store.artifact(record)
        damaged = find_damage(self.store, artifact)
        set_aside(self.store, damaged)
        return None if artifact.path in damaged else artifact

    def stored(self, asset: str, digest: str, *, may_be_gone: bool = False) -> Path:
        """Give the folder of an older artifact with this content.

        Raises
        ------
        ModelError
            If it was altered, or is gone and may not be.
        """
        return sound_path(self.store, asset, digest, may_be_gone=may_be_gone)


@dataclass(frozen=True)
class Launch:
    """A request that a person makes by launching an asset with a config; handled before the asset runs.

    A request changes something outside the store, such as a file. Whether the asset then runs depends on
    that change, as after any other. So no request is lost because the asset is cached, and repeating one
    changes nothing.

    Attributes
    ----------
    config : type of dagster.Config
        The config of the asset in the launchpad; its defaults request nothing.
    answer : callable
        Called with the config, the home, the Dagster run's id and a function that prints one line.
    """

    config: type[dg.Config]
    answer: Callable[[Any, Home, str, Callable[[str], None]], None]


def stage_asset(
    pipeline: PipelineSpec,
    *,
    ins: Sequence[str] = (),
    config: Mapping[str, Any],
    kinds: Sequence[str] = (),
    blocking_checks: Sequence[str] = (),
    checks: Sequence[str] = (),
    verify: Verify | None = None,
    launch: Launch | None = None,
) -> Callable[[StageFunction], dg.AssetsDefinition]:
    """Make a Dagster asset of a stage function.

    Parameters
    ----------
    pipeline : PipelineSpec
        The pipeline that the asset belongs to.
    ins : sequence of str
        The upstream assets; each is given to the function as an `Artifact` of that name.
    config : mapping
        The parts of the YAML that the function reads, by YAML key: plain values or `Spec` objects.
        A change of these, and only of these, re-runs it.
    kinds : sequence of str
        Dagster's kinds, at most three.
    blocking_checks, checks : sequence of str
        The names of the checks in the function's `Outcome`. A failed blocking one of severity ``ERROR``
        stops the run.
    verify : callable, optional
        Compares the stored artifact with the world outside the store: given the home and the artifact, it
        gives the reason to make it again, or None.
    launch : Launch, optional
        What a person can request by launching the asset with a config.

    Returns
    -------
    callable
        A decorator for ``function(stage: Stage, **inputs: Artifact) -> Outcome``. Its docstring becomes
        the description in the UI.
    """

    def decorate(function: StageFunction) -> dg.AssetsDefinition:
        plain = {key: _as_json(value) for key, value in config.items()}
        stage = DeclaredStage(pipeline, function, ins, plain, blocking_checks, checks, verify)
        declare(stage)
        key = dg.AssetKey([pipeline.name, stage.name])
        specs = [
            dg.AssetCheckSpec(
                name, asset=key, blocking=name in blocking_checks, description=CHECKS.get(name)
            )
            for name in (*blocking_checks, *checks)
        ]

        @dg.asset(
            key=key,
            ins={name: dg.AssetIn(key=dg.AssetKey([pipeline.name, name])) for name in ins},
            group_name=pipeline.name,
            description=" ".join((function.__doc__ or "").split()),
            owners=list(pipeline.owners),
            kinds=set(kinds),
            check_specs=specs,
            io_manager_key=IO_MANAGER,
            config_schema=launch.config.to_fields_dict() if launch else None,
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=pipeline.fresh_for),
        )
        # No return annotation: Dagster then neither wants one for each check nor drops the value.
        def compute(context: dg.AssetExecutionContext, **inputs: Artifact):  # type: ignore[no-untyped-def]
            home, run_id, log = current_home(), context.run.run_id, context.log.info
            if launch is not None:
                request = launch.config(**context.op_execution_context.op_config)
                launch.answer(request, home, run_id, log)
            return _materialize(stage, home, inputs, run_id, log)

        return compute

    return decorate


def _as_json(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _materialize(
    stage: DeclaredStage,
    home: Home,
    inputs: Mapping[str, Artifact],
    run_id: str,
    log: Callable[[str], None],
) -> dg.MaterializeResult[Artifact]:
    store = Store(home.pipeline(stage.pipeline.name))
    inputs = {name: inputs[name] for name in stage.ins}
    digests = {name: artifact.digest for name, artifact in inputs.items()}
    ingredients = ingredients_now(stage, home, digests)
    record, why = _find_stored(stage, home, store, ingredients, inputs)
    if record is None:
        record = _run(stage, home, store, ingredients, inputs, run_id, why, log)
    else:
        record = replace(record, reason=why)
    log(report_line(record, why))
    return materialization_of(store, record, why)


def _find_stored(
    stage: DeclaredStage,
    home: Home,
    store: Store,
    ingredients: Ingredients,
    inputs: Mapping[str, Artifact],
) -> tuple[Record | None, str]:
    """Give the stored record that still holds, or None and the reason to run."""
    record = store.record(stage.name, fingerprint(ingredients))
    if record is None:
        previous = store.last_record(stage.name)
        why = reason_to_run(previous, ingredients, inputs, _summaries_before(store, previous))
        if why == DELETED and previous and was_set_aside(store, stage.name, previous.digest):
            why = DAMAGED
        return None, why
    damaged = find_damage(store, store.artifact(record))
    if damaged:
        why = f"{DAMAGED}: {damage_in_words(store, damaged)}"
        set_aside(store, damaged)
        return None, why
    stale_reason = stage.verify(home, store.artifact(record)) if stage.verify else None
    if stale_reason is not None:
        return None, stale_reason
    # The same content may have been made again by other upstream runs: the lineage follows them.
    fingerprints = {name: artifact.fingerprint for name, artifact in inputs.items()}
    if dict(record.inputs) != fingerprints:
        record = replace(record, inputs=fingerprints)
        store.keep(record, found_by=fingerprint(ingredients))
    return record, CACHED


def is_stored(stage: DeclaredStage, home: Home) -> bool:
    """Whether the artifact of a stage without inputs is in the store, and is still up to date.

    Raises
    ------
    PipelineFileError
        If the YAML does not fit what is stored.
    """
    store = Store(home.pipeline(stage.pipeline.name))
    record, _ = _find_stored(stage, home, store, ingredients_now(stage, home, {}), {})
    return record is not None


def _summaries_before(store: Store, previous: Record | None) -> dict[str, Mapping[str, Any]]:
    if previous is None:
        return {}
    records = {
        name: store.record(name, input_fingerprint)
        for name, input_fingerprint in previous.inputs.items()
    }
    return {name: record.summary for name, record in records.items() if record is not None}


def _run(
    stage: DeclaredStage,
    home: Home,
    store: Store,
    ingredients: Ingredients,
    inputs: Mapping[str, Artifact],
    run_id: str,
    why: str,
    log: Callable[[str], None],
) -> Record:
    began, now = time.monotonic(), datetime.now(UTC)
    refuse_damaged(store, inputs.values())
    with store.staging(stage.name) as directory:
        context = Stage(
            directory=directory,
            fingerprint=fingerprint(ingredients),
            store=store,
            home=home,
            asset=stage.name,
            run_id=run_id,
            now=now,
            log=log,
        )
        outcome = stage.function(context, **inputs)
        _check_names(stage, outcome)
        metadata = {name: shown(value, directory) for name, value in outcome.metadata.items()}
        digest = store.publish(directory, stage.name)
    base_fingerprint = fingerprint(ingredients)
    record = Record(
        asset=stage.name,
        # A stage that reads the outside world can give another content for the same ingredients: each
        # content keeps its own record, so that the lineage of what was made from it stays true.
        fingerprint=json_digest([base_fingerprint, digest]) if stage.verify else base_fingerprint,
        digest=digest,
        ingredients=ingredients,
        inputs={name: artifact.fingerprint for name, artifact in inputs.items()},
        summary=dict(outcome.summary),
        metadata=metadata,
        checks=[asdict(check) for check in outcome.checks],
        blocking=list(stage.blocking),
        run_id=run_id,
        made_at=now.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - began, 3),
        reason=why,
    )
    store.keep(record, found_by=base_fingerprint)
    return record


def _check_names(stage: DeclaredStage, outcome: Outcome) -> None:
    declared = {*stage.blocking, *stage.warning}
    reported = {check.name for check in outcome.checks}
    if declared != reported:
        raise AssertionError(f"{stage.name} declares checks {declared} but gave {reported}")
