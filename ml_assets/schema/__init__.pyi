from .infer import infer_schema as infer_schema
from .model import Feature as Feature
from .model import Schema as Schema
from .pandera import to_pandera as to_pandera
from .yaml_file import read_schema as read_schema
from .yaml_file import write_schema as write_schema

__all__ = ["Feature", "Schema", "infer_schema", "read_schema", "to_pandera", "write_schema"]
