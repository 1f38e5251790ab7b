"""How the wire refuses values of parameters: each with its own sentence, by the name of its field."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework import status

from allward.api.errors import Refusal
from allward.registry.parameters import WrongValuesError


@contextmanager
def refused_by_field(*, status_code: int = status.HTTP_400_BAD_REQUEST) -> Iterator[None]:
    """Turn values that a plug-in does not take into a refusal that names every field.

    Raises
    ------
    Refusal
        `wrong_values`, with `fields.parameters`: name -> {en, zh}.
    """
    try:
        yield
    except WrongValuesError as error:
        fields = {name: text.to_json() for name, text in error.faults.items()}
        raise Refusal(
            "wrong_values", error.text, status_code=status_code, fields={"parameters": fields}
        ) from error
