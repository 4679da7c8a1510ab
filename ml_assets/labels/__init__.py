"""The room `labels` (TFX has no name for it): what is to be predicted, for each example.

Comes in: `raw_data`, and from the YAML a column or an expression. Goes out: `labels`, one label for each
example id in the form of the task, with the names of its classes.

Reading order: `spec` (the YAML), `grammar` (what an expression may hold), `expression` (how it is
computed), `label` (the form for each task), `assets` (the wiring).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
