"""The `labels` part of the YAML: what is to be predicted."""

import ast
from typing import Any

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from ml_assets.labels.grammar import expression_mistake
from ml_assets.spec import Fraction, Spec, refuse_broken_rules


class LabelSpec(Spec):
    """What is to be predicted: a column, or an expression over columns.

    In the YAML, ``labels: tips`` is short for ``labels: {column: tips}``.

    Attributes
    ----------
    column : str, optional
        The column that holds the label.
    expression : str, optional
        Arithmetic and comparisons over columns, such as ``tips > 0.2 * fare``. Null wherever one of its
        columns is null.
    positive : str, int, float or bool, optional
        For a binary task, the value that counts as positive. By default true, 1, or the last value in
        sorted order.
    null_values : list of str
        With `column`: texts that mean that the label is not known, such as NA.
    max_missing_fraction : float
        The largest share of examples without a label, 0 to 1. Those examples are not trained on.
    """

    column: str | None = None
    expression: str | None = None
    positive: str | int | float | bool | None = None
    null_values: list[str] = []
    max_missing_fraction: Fraction = 0.2

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Give the form for `dg` and for editors: a text is as good as a mapping."""
        return {"anyOf": [{"type": "string"}, handler(schema)]}

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> "LabelSpec":
        is_unclear = (self.column is None) == (self.expression is None)
        found = "neither" if self.column is None else "both"
        mistake = expression_mistake(self.expression) if self.expression is not None else None
        refuse_broken_rules(
            (is_unclear, "", f"needs either column or expression; found {found}"),
            (
                bool(self.null_values) and self.expression is not None,
                "null_values",
                "belongs to a column; in an expression, compare with such texts",
            ),
            (mistake is not None, "expression", f"cannot be read: {mistake}"),
        )
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that the label is made from."""
        if self.expression is None:
            return [str(self.column)]
        names = (
            node.id
            for node in ast.walk(ast.parse(self.expression.strip(), mode="eval"))
            if isinstance(node, ast.Name)
        )
        return list(dict.fromkeys(names))
