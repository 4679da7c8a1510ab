"""Explains what the champion predicts for one example."""

from pathlib import Path

from ml_assets.cli.environment import prepare_environment
from ml_assets.cli.pipelines import find_pipeline


def explain(defs: Path, name: str, example_id: str, picture: Path | None) -> int:
    """Print why the champion predicts what it predicts for an example, and draw it; give 0."""
    from ml_assets.evaluation.explain_pictures import draw_row
    from ml_assets.serving.explanation import explanation_lines
    from ml_assets.serving.people import explain_example

    home, spec = prepare_environment(), find_pipeline(defs, name).spec
    explained = explain_example(home, spec, example_id)
    print(*explanation_lines(explained), sep="\n")
    if picture is not None:
        draw_row(picture, explained.explanation)
        print(f"picture: {picture}")
    return 0
