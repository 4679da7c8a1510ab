"""`evaluation_html` and `staleness_html`: each one HTML file of less than 1 MB that needs nothing else.

It holds no row of the data. Every value is escaped, and the page's policy forbids any script but ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ml_assets.evaluation import fairness_report, report
from ml_assets.evaluation.assessment import Assessment
from ml_assets.evaluation.result import Evaluation
from ml_assets.evaluation.staleness import Staleness
from ml_assets.markdown import cut
from ml_assets.pages.render import Section, figure, page_html, rows_table, tag, within

MAX_BYTES = 960_000
# What pictures may take; no more than nine tables, six lists and the page around them come to the rest.
_PICTURE_BYTES, _TABLE_BYTES, _LIST_BYTES = 450_000, 40_000, 20_000
_CELL, _SENTENCE = 200, 600
_LEVELS = {"pass": "ok", "fail": "error", "cannot tell": "warn"}
_NUMBERS = (
    "value", "low", "high", "limit", "found", "rows", "now", "then", "threshold", "accuracy",
    "rise of the loss", "share of the loss", "linear", "majority", "champion",
    *fairness_report.SHOWN_RATES,
)  # fmt: skip
_Pictures = Mapping[str, tuple[bytes, str]]


def evaluation_html(assessment: Assessment, pictures: _Pictures, title: str = "Evaluation") -> str:
    """Give an assessment as the text of an HTML page. The same assessment always gives the same text.

    Parameters
    ----------
    assessment : Assessment
        What to show.
    pictures : mapping of str to (bytes, str)
        PNG pictures with their captions, by name: those of `drawing.draw`, and any others, which are
        shown as the search of hyperparameters.
    title : str
        The heading.
    """
    bytes_left, figures = _PICTURE_BYTES, {}
    for name, (content, caption) in pictures.items():
        markup = figure(content, caption)
        bytes_left -= len(markup)
        note = Markup('<p class="dim">{}: in the artifact\'s folder.</p>').format(caption)
        figures[name] = markup if bytes_left >= 0 else note
    sections = [
        section
        for section in (
            _verdict_section(assessment.evaluation),
            _metrics_section(assessment.evaluation, figures),
            *_slice_sections(assessment, figures),
            *_people_sections(assessment, figures),
            *_explanation_sections(assessment, figures),
            *_staleness_sections(assessment.staleness or (), figures),
            *_other_pictures(figures),
        )
        if section.body
    ]
    return page_html(
        title, _subtitle(assessment.evaluation), _tiles(assessment.evaluation), sections
    )


def staleness_html(staleness: Staleness, picture: bytes | None, title: str, rows: int) -> str:
    """Give how one model ages as the text of an HTML page.

    Parameters
    ----------
    staleness : Staleness
        How the model ages.
    picture : bytes or None
        The decay curve as a PNG picture.
    title : str
        The heading.
    rows : int
        How many rows it was measured on.
    """
    pictures = {"staleness_picture": figure(picture, "Decay curve")} if picture else {}
    stale = "not seen" if staleness.stale_from is None else f"{staleness.stale_from:.4g}"
    level = "" if staleness.stale_from is None else "warn"
    tiles = [{"name": "stale from (days)", "value": stale, "level": level}]
    about = f"{rows:,} rows that are later than the last training row of the {staleness.model}."
    sections = list(_staleness_sections([staleness], pictures))
    return page_html(title, about, tiles, sections)


def _verdict_section(evaluation: Evaluation) -> Section:
    reasons = _bullet_list(evaluation.reasons)
    table = _table(report.rule_table(evaluation.rules))
    word = "Blessed" if evaluation.blessed else "Not blessed"
    return Section("verdict", word, "", reasons + table)


def _metrics_section(evaluation: Evaluation, pictures: dict[str, Markup]) -> Section:
    figures = _figures(pictures, "curves", "scores", "confusion", "residuals")
    about = (
        f"Intervals of {evaluation.confidence:.0%}, from {evaluation.samples} bootstrap resamples."
    )
    measured, churn = report.metric_table(evaluation), report.churn_table(evaluation)
    return Section("metrics", "Metrics", about, figures + _table(measured) + _table(churn))


def _slice_sections(assessment: Assessment, pictures: dict[str, Markup]) -> Iterator[Section]:
    evaluation, weak = assessment.evaluation, assessment.weak
    note = ""
    if evaluation.slices_left_out:
        note = f"{evaluation.slices_left_out:,} slices are smaller than the minimum, or too many."
    figures = _figures(pictures, "slices_picture")
    yield Section("slices", "Slices", "", figures + _table(report.slice_table(evaluation)), note)
    if weak is not None:
        about = weak.reason or (
            f"Found among {weak.looked_at:,} slices of up to two of {weak.columns} columns; the chance "
            f"that any is told although there is none is at most {weak.error_rate:.0%}."
        )
        texts = _bullet_list([piece.text for piece in weak.slices] or ["no weak slice was found"])
        figures = _figures(pictures, "weak_slices_picture")
        yield Section("weak", "Weak slices", about, figures + texts)


def _people_sections(assessment: Assessment, pictures: dict[str, Markup]) -> Iterator[Section]:
    people = assessment.people
    if people is None:
        return
    figures = _figures(pictures, "groups_picture")
    findings = _table(fairness_report.finding_table(people))
    groups = _table(fairness_report.group_table(people))
    yield Section("people", "Groups of people", "", figures + findings + groups)
    if people.offers:
        about = "Thresholds for each group that would mend what fails; none is applied."
        offers = _bullet_list([f"{column}: {offer.text}" for column, offer in people.offers])
        offered = _table(fairness_report.threshold_table(people))
        yield Section("offers", "Thresholds for groups", about, offers + offered)


def _explanation_sections(assessment: Assessment, pictures: dict[str, Markup]) -> Iterator[Section]:
    figures = _figures(pictures, "importance_picture", "dependence")
    about = "How much the loss rises when a column is shuffled, and how the prediction follows it."
    table = _table(report.importance_table(assessment.importance))
    yield Section("explanation", "Explanation", about, figures + table)


def _staleness_sections(
    results: Sequence[Staleness], pictures: dict[str, Markup]
) -> Iterator[Section]:
    texts = _bullet_list([result.text for result in results])
    figures = _figures(pictures, "staleness_picture")
    table = _table(report.age_table(results))
    yield Section("staleness", "Staleness", "", figures + texts + table)


def _other_pictures(pictures: dict[str, Markup]) -> Iterator[Section]:
    figures = _figures(pictures, *pictures)
    yield Section("tuning", "Search of hyperparameters", "", figures)


def _figures(pictures: dict[str, Markup], *names: str) -> Markup:
    """Take pictures by name, those that there are."""
    figures = [pictures.pop(name) for name in list(names) if name in pictures]
    return (
        Markup('<div class="figures">{}</div>').format(Markup("").join(figures)) if figures else _NO
    )


_NO = Markup("")


def _bullet_list(texts: Sequence[str]) -> Markup:
    items = (Markup("<li>{}</li>").format(cut(text, _SENTENCE)) for text in texts)
    kept = within(items, len(texts), _LIST_BYTES)
    more = Markup("<li>{}</li>").format(kept.rest("reasons")) if kept.rest("") else _NO
    return Markup("<ul>{}{}</ul>").format(kept.body, more) if texts else _NO


def _table(records: Sequence[Mapping[str, Any]]) -> Markup:
    cells = [{name: _cell(name, value) for name, value in record.items()} for record in records]
    return rows_table(cells, _NUMBERS, _TABLE_BYTES) if cells else _NO


def _cell(name: str, value: Any) -> Any:
    if name == "outcome":
        return tag(str(value), _LEVELS.get(str(value), "unknown"))
    return f"{value:,}" if isinstance(value, int) else cut(str(value), _CELL)


def _subtitle(evaluation: Evaluation) -> str:
    baselines = ", ".join(baseline.name for baseline in evaluation.baselines if baseline.metrics)
    beside = f", beside {baselines}" if baselines else ""
    weighted = ", weighted" if evaluation.unweighted else ""
    flips = report.champion_churn(evaluation).get("flip_rate")
    flipped = "" if flips is None else f" {flips:.1%} are decided otherwise than by the champion."
    return f"{evaluation.rows:,} test rows{weighted}{beside}.{flipped}"


def _tiles(evaluation: Evaluation) -> list[dict[str, str]]:
    main = evaluation.metric(evaluation.main_metric)
    value = "undefined" if main.value is None else f"{main.value:.4g}"
    counts = {
        outcome: sum(rule.outcome == outcome for rule in evaluation.rules) for outcome in _LEVELS
    }
    numbers = [
        ("blessed", "yes" if evaluation.blessed else "no", "" if evaluation.blessed else "error"),
        (main.name, value, ""),
        *((f"rules: {name}", f"{count}", _LEVELS[name] if name != "pass" and count else "")
          for name, count in counts.items()),
    ]  # fmt: skip
    return [{"name": name, "value": value, "level": level} for name, value, level in numbers]
