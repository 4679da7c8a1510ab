"""The `serving` part of the YAML: what the champion scores."""

from typing import Annotated

from pydantic import Field

from ml_assets.ingest.spec import WindowSpec
from ml_assets.spec import Spec


class ServingSpec(Spec):
    """What the champion scores, and how.

    Attributes
    ----------
    window : WindowSpec
        The spans to score; the last span by default.
    batch_rows : int
        Rows in one batch, >= 1.
    """

    window: WindowSpec = WindowSpec(last=1)
    batch_rows: Annotated[int, Field(ge=1)] = 65_536
