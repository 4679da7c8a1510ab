from .candidate import Candidate as Candidate
from .gate import Decision as Decision
from .gate import Made as Made
from .gate import People as People
from .gate import Verdicts as Verdicts
from .gate import Waiver as Waiver
from .gate import decide_promotion as decide_promotion
from .infra_result import InfraValidation as InfraValidation
from .infra_result import Limits as Limits
from .infra_validation import validate_infra as validate_infra
from .ledger import Entry as Entry
from .ledger import ledger_in as ledger_in
from .mlflow_model import Interface as Interface
from .mlflow_model import ModelInput as ModelInput
from .mlflow_model import write_mlflow_model as write_mlflow_model
from .promotion import Request as Request
from .promotion import approve as approve
from .promotion import promote as promote
from .promotion import rollback as rollback
from .registry import Registry as Registry
from .registry import challenger as challenger
from .registry import champion as champion
from .registry import close_dead_runs as close_dead_runs
from .registry import register as register
from .registry import registered_version as registered_version
from .version import RegisteredVersion as RegisteredVersion

__all__ = [
    "Candidate",
    "Decision",
    "Entry",
    "InfraValidation",
    "Interface",
    "Limits",
    "Made",
    "ModelInput",
    "People",
    "RegisteredVersion",
    "Registry",
    "Request",
    "Verdicts",
    "Waiver",
    "approve",
    "challenger",
    "champion",
    "close_dead_runs",
    "decide_promotion",
    "ledger_in",
    "promote",
    "register",
    "registered_version",
    "rollback",
    "validate_infra",
    "write_mlflow_model",
]
