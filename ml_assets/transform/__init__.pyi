from .build import BuiltFeatures as BuiltFeatures
from .build import build_features as build_features
from .bundle import read_skops as read_skops
from .bundle import write_skops as write_skops
from .cross_fitting import find_uncrossed as find_uncrossed
from .fit import FittedTransform as FittedTransform
from .fit import check_columns as check_columns
from .fit import fit_transform as fit_transform
from .fit_groups import Cost as Cost
from .leakage import find_label_copies as find_label_copies
from .leakage import find_leaks as find_leaks
from .manifest import FeatureColumn as FeatureColumn
from .manifest import InputColumn as InputColumn
from .manifest import TransformManifest as TransformManifest
from .select import Roles as Roles
from .select import Selection as Selection
from .select import select_columns as select_columns
from .shared_rows import SharedRows as SharedRows
from .shared_rows import find_shared_rows as find_shared_rows
from .spec import TransformSpec as TransformSpec
from .trusted import TRUSTED_TYPES as TRUSTED_TYPES
from .trusted import check_trees as check_trees

__all__ = [
    "TRUSTED_TYPES",
    "BuiltFeatures",
    "Cost",
    "FeatureColumn",
    "FittedTransform",
    "InputColumn",
    "Roles",
    "Selection",
    "SharedRows",
    "TransformManifest",
    "TransformSpec",
    "build_features",
    "check_columns",
    "check_trees",
    "find_label_copies",
    "find_leaks",
    "find_shared_rows",
    "find_uncrossed",
    "fit_transform",
    "read_skops",
    "select_columns",
    "write_skops",
]
