"""The `schema` part of the YAML. The schema itself is a file beside the pipeline's YAML."""

from typing import Annotated

from pydantic import Field

from ml_assets.spec import FileName, Fraction, InWords, Spec


class SchemaSpec(Spec):
    """Where the schema lies, and how it is inferred the first time.

    Attributes
    ----------
    file : str
        The schema's file name, beside the pipeline's YAML.
    max_domain_size : int
        A text column with at most this many values gets a domain, >= 1.
    range_margin : float
        How far beyond the seen range a number may lie, as a share of that range, 0 to 1.
    """

    file: Annotated[
        FileName, Field(pattern=r"\.ya?ml$"), InWords("a file name that ends in .yaml")
    ] = "schema.yaml"
    max_domain_size: Annotated[int, Field(ge=1)] = 100
    range_margin: Fraction = 0.5
