from .generate import generate_split_statistics as generate_split_statistics
from .generate import generate_statistics as generate_statistics
from .model import Bucket as Bucket
from .model import DatasetStatistics as DatasetStatistics
from .model import FeatureStatistics as FeatureStatistics
from .model import NumericStatistics as NumericStatistics
from .model import StringStatistics as StringStatistics
from .model import TimeStatistics as TimeStatistics

__all__ = [
    "Bucket",
    "DatasetStatistics",
    "FeatureStatistics",
    "NumericStatistics",
    "StringStatistics",
    "TimeStatistics",
    "generate_split_statistics",
    "generate_statistics",
]
