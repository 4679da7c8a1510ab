from .diff import SchemaChange as SchemaChange
from .diff import diff_schemas as diff_schemas
from .diff import schema_diff as schema_diff
from .infer import infer_schema as infer_schema
from .model import Feature as Feature
from .model import Schema as Schema
from .pandera import to_pandera as to_pandera
from .yaml_file import read_schema as read_schema
from .yaml_file import write_schema as write_schema

__all__ = [
    "Feature",
    "Schema",
    "SchemaChange",
    "diff_schemas",
    "infer_schema",
    "read_schema",
    "schema_diff",
    "to_pandera",
    "write_schema",
]
