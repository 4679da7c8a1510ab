"""Computes a label expression over columns, part by part, with Arrow; nothing is run as Python."""

import ast
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.errors import DataError, PipelineFileError, did_you_mean
from ml_assets.labels.grammar import expression_mistake

_ARITHMETIC: dict[type, Any] = {
    ast.Add: pc.add_checked,
    ast.Sub: pc.subtract_checked,
    ast.Mult: pc.multiply_checked,
}
_COMPARISONS: dict[type, Any] = {
    ast.Eq: pc.equal,
    ast.NotEq: pc.not_equal,
    ast.Lt: pc.less,
    ast.LtE: pc.less_equal,
    ast.Gt: pc.greater,
    ast.GtE: pc.greater_equal,
}


def evaluate(expression: str, batch: pa.RecordBatch) -> pa.Array:
    """Compute an expression for every row.

    Parameters
    ----------
    expression : str
        Such as ``tips > 0.2 * fare``.
    batch : pyarrow.RecordBatch
        Rows with the columns that it names.

    Returns
    -------
    pyarrow.Array
        Null wherever one of the named columns is null, or a number is divided by zero.

    Raises
    ------
    PipelineFileError
        If the expression holds something else than it may.
    DataError
        If a column is missing, or has a type that the expression cannot use.
    """
    mistake = expression_mistake(expression)
    if mistake is not None:
        raise PipelineFileError(f"labels.expression: {expression!r} cannot be read: {mistake}.")
    tree = ast.parse(expression.strip(), mode="eval")
    names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
    for name in names:
        _column(name, batch, expression)
    try:
        values = _value(tree.body, batch)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        types = ", ".join(f"{name} is {batch.schema.field(name).type}" for name in names)
        raise DataError(
            f"labels.expression: {expression!r} cannot be computed where {types}: {error}"
        ) from error
    missing = pc.is_null(batch.column(names[0]))
    for name in names[1:]:
        missing = pc.or_(missing, pc.is_null(batch.column(name)))
    return pc.if_else(missing, pa.scalar(None, values.type), values)


def _column(name: str, batch: pa.RecordBatch, expression: str) -> pa.Array:
    if name not in batch.schema.names:
        hint = did_you_mean(name, batch.schema.names)
        raise DataError(f"labels.expression: {expression!r}: there is no column '{name}'.{hint}")
    return batch.column(name)


def _value(node: ast.expr, batch: pa.RecordBatch) -> Any:
    match node:
        case ast.Name(id=name):
            return batch.column(name)
        case ast.Constant(value=value):
            return pa.scalar(value)
        case ast.BinOp(left=left, op=op, right=right):
            return _arithmetic(op, _value(left, batch), _value(right, batch))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return pc.invert(_value(operand, batch))
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, batch)
            return pc.negate_checked(value) if isinstance(op, ast.USub) else value
        case ast.BoolOp(op=op, values=values):
            combine = pc.and_kleene if isinstance(op, ast.And) else pc.or_kleene
            operands = [_value(value, batch) for value in values]
            return _reduce(combine, operands)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(side, batch) for side in (left, *others)]
            pairs = zip(ops, sides[:-1], sides[1:], strict=True)
            return _reduce(
                pc.and_kleene,
                [_compare(op, left_side, right_side) for op, left_side, right_side in pairs],
            )
        case _:
            raise AssertionError(f"{type(node).__name__} passed the grammar")


def _reduce(combine: Any, values: list[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = combine(result, value)
    return result


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if not isinstance(op, ast.Div):
        return _ARITHMETIC[type(op)](left, right)
    divisor = pc.cast(right, pa.float64())
    divisor = pc.if_else(pc.equal(divisor, 0.0), pa.scalar(None, pa.float64()), divisor)
    return pc.divide(pc.cast(left, pa.float64()), divisor)


def _compare(op: ast.cmpop, left: Any, right: Any) -> Any:
    """Compare two sides; a quoted text beside a time is a time in ISO 8601."""
    if pa.types.is_temporal(left.type) and pa.types.is_string(right.type):
        right = pc.cast(right, left.type)
    elif pa.types.is_temporal(right.type) and pa.types.is_string(left.type):
        left = pc.cast(left, right.type)
    return _COMPARISONS[type(op)](left, right)
