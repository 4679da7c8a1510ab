"""A pipeline of orders, whose source is a file beside the project."""

from pathlib import Path
from typing import Any

from ml_assets_tests.pipeline_factory import write_pipeline

ROWS = "order_id,day,fare,tips,company,paid\n1,2026-01-01,5.5,1.0,a,true\n2,2026-01-02,6.5,0.5,b,false\n"


def shop(defs: Path, **attributes: Any) -> Path:
    ingest = {"source": {"csv": "orders.csv"}, **attributes.pop("ingest", {})}
    return write_pipeline(defs, "shop", ingest=ingest, **attributes)
