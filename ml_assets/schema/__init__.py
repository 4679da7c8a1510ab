"""Schema: what data must look like (TFX: SchemaGen and ImportSchemaGen).

In: the statistics of the training split. Out: a `Schema`, inferred once and from then on a YAML file
beside the pipeline that people review and edit; data are judged by it, and it is never inferred again
from the data that it judges. The asset `schema` holds a copy of what the file says.

Read `model` first, then `infer`, `yaml_file` (with `yaml_reader`, `yaml_writer`, `yaml_lines`), `diff`
and `yaml_edit` (what changes, and how the file's text does), `history` (its versions), `pinned_file` (the
file beside the pipeline), `people` (who accepts what) and `pandera` (the schema as rules for rows).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
