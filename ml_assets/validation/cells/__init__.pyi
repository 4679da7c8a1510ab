from .find import find_cell_errors as find_cell_errors
from .model import CellError as CellError
from .model import CellErrors as CellErrors

__all__ = ["CellError", "CellErrors", "find_cell_errors"]
