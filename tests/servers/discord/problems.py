"""What can be wrong with a request, as it is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import jsonschema

from tests.servers.discord.state import Body

_LONGEST_SHOWN = 160  # characters of one problem
_LENGTHS = ("maxLength", "minLength", "maxItems", "minItems")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request or reply, and where."""

    path: tuple[str | int, ...]
    message: str
    code: str = "BASE_TYPE_INVALID"

    @classmethod
    def of(cls, error: jsonschema.ValidationError) -> Self:
        best = jsonschema.exceptions.best_match([error]) or error
        told = best.message
        if best.validator in _LENGTHS or len(told) > _LONGEST_SHOWN:  # it quotes what it is about
            told = f"breaks {best.validator} {str(best.validator_value)[:_LONGEST_SHOWN]}"
        return cls(tuple(best.absolute_path), told)

    def __str__(self) -> str:
        where = "/".join(map(str, self.path))
        return f"{where}: {self.message}" if where else self.message


def nested(problems: Iterable[Problem]) -> Body:
    """The `errors` of an error's body, as Discord nests them."""
    errors: Body = {}
    for problem in problems:
        place: dict[str, Any] = errors
        for name in problem.path:
            place = place.setdefault(str(name), {})
        place.setdefault("_errors", []).append({"code": problem.code, "message": problem.message})
    return errors
