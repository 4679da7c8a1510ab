from .champion import Scorer as Scorer
from .score import Scoring as Scoring
from .score import score_columns as score_columns
from .score import score_table as score_table
from .sound import ScoreCheck as ScoreCheck

__all__ = ["ScoreCheck", "Scorer", "Scoring", "score_columns", "score_table"]
