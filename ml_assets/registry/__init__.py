"""The registry: proves that a candidate can be served, registers it, and decides whether it is promoted.

In: the `model` artifact with `evaluation` and `validated_examples`. Out: `baseline_model` (the champion
that a candidate must beat; TFX's Resolver), `infra_validation` (TFX's InfraValidator) and
`registered_model` (TFX's Pusher: a version in MLflow's model registry, and the aliases ``challenger`` and
``champion``), and `promotion`, which fails the run where the candidate was refused.

Reading order: `version` (what is in the registry), `gate` and `verdicts` (who is promoted),
`mlflow_model`, `loader` and `payload` (how a model is served and queried), `infra_validation`. What
touches the world: `registry` with `run`, `client` and `database` (MLflow), `scoring_server` with `serve`
(a server process). `promotion_assets` and `assets` wire.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
