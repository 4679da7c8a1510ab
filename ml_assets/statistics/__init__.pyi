from .generate import generate_split_statistics as generate_split_statistics
from .generate import generate_statistics as generate_statistics
from .model import Bucket as Bucket
from .model import DatasetStatistics as DatasetStatistics
from .model import FeatureStatistics as FeatureStatistics
from .model import NumbersInText as NumbersInText
from .model import NumericStatistics as NumericStatistics
from .model import StringStatistics as StringStatistics
from .model import TimeStatistics as TimeStatistics
from .model import WeightedStatistics as WeightedStatistics
from .relations import Association as Association
from .relations import CategoryPair as CategoryPair
from .relations import CrossStatistics as CrossStatistics
from .relations import LabelAssociation as LabelAssociation
from .relations import Lift as Lift
from .relations import NumericPair as NumericPair
from .relations import SliceFeature as SliceFeature
from .relations import SlicesLeftOut as SlicesLeftOut
from .relations import SliceStatistics as SliceStatistics

__all__ = [
    "Association",
    "Bucket",
    "CategoryPair",
    "CrossStatistics",
    "DatasetStatistics",
    "FeatureStatistics",
    "LabelAssociation",
    "Lift",
    "NumbersInText",
    "NumericPair",
    "NumericStatistics",
    "SliceFeature",
    "SliceStatistics",
    "SlicesLeftOut",
    "StringStatistics",
    "TimeStatistics",
    "WeightedStatistics",
    "generate_split_statistics",
    "generate_statistics",
]
