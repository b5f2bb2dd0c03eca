# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Bodies and parameters against their schemas: what is wrong, in a sentence."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from tricircle.admin.errors import BadRequest
from tricircle.admin.schemas.common import FORM, Schema

#: Digits of a number in a query; more can't be meant.
_NUMBER = re.compile("[0-9]{1,10}")
#: What of a client's own words is repeated: characters of one, and how many.
_LONGEST_QUOTE = 60
_MOST_QUOTES = 5
#: Nested deeper than any body of ours; Python's parser has an end, too.
_DEEPEST = 20


def quoted(text: str) -> str:
    """Return a client's own words as an error repeats them: harmless, and short."""
    is_long = len(text) > _LONGEST_QUOTE
    return ascii(f"{text[:_LONGEST_QUOTE]}..." if is_long else text)


def decode(raw: bytes) -> Any:
    """Return what the body of a call says. BadRequest."""
    try:
        decoded = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON in UTF-8: {error}") from error
    for text in _texts(decoded, _DEEPEST):
        if not _is_plain(text):
            raise BadRequest(f"the body has a control character in {quoted(text)}")
    return decoded


def check_body(body: Any, schema: Schema) -> None:
    """Make sure that ``body`` is what ``schema`` says. BadRequest."""
    error = best_match(_validator(_Key(schema)).iter_errors(body))
    if error is not None:
        raise BadRequest(_sentence(error, "the body"))


def read_query(
    given: Mapping[str, str | list[str]], schemas: Mapping[str, Schema]
) -> dict[str, Any]:
    """Return the parameters of a query, numbers as numbers. BadRequest."""
    read: dict[str, Any] = {}
    for key, text in given.items():
        if key not in schemas:
            known = ", ".join(schemas) or "none"
            raise BadRequest(f"there is no parameter {quoted(key)}; there are: {known}")
        if isinstance(text, list):
            raise BadRequest(f"the parameter {key} is given more than once")
        if not _is_plain(text):
            raise BadRequest(f"the parameter {key} has a control character")
        numeric = schemas[key].get("type") == "integer" and _NUMBER.fullmatch(text)
        read[key] = int(text) if numeric else text
        error = best_match(_validator(_Key(schemas[key])).iter_errors(read[key]))
        if error is not None:
            raise BadRequest(_sentence(error, f"the parameter {key}"))
    return read


class _Key:
    """A schema as a key: schemas are constants, so it is enough which one it is."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.schema is other.schema


@cache
def _validator(key: _Key) -> Draft202012Validator:
    return Draft202012Validator(dict(key.schema))


def _is_plain(text: str) -> bool:
    # NUL and halves of surrogates can't be stored, the others can't be seen.
    return all(unicodedata.category(one) not in {"Cc", "Cs"} for one in text)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        raise BadRequest("the body is nested too deeply")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth - 1)


@dataclass(frozen=True)
class _Problem:
    """Where something is wrong; the schema there, and what its keyword wants."""

    where: str
    schema: Mapping[str, Any]
    wanted: Any
    given: Any


def _sentence(error: ValidationError, whole: str) -> str:
    where = ".".join(map(str, error.absolute_path)) or whole
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    problem = _Problem(where, schema, error.validator_value, error.instance)
    tell = _SENTENCES.get(str(error.validator))
    return f"{where} {tell(problem)}" if tell else f"{where}: {error.message}"


def _unknown(problem: _Problem) -> str:
    known = problem.schema["properties"]
    unknown = [quoted(key) for key in problem.given if key not in known]
    shown = ", ".join(unknown[:_MOST_QUOTES])
    return f"has no field {shown}; it has: {', '.join(known)}"


def _missing(problem: _Problem) -> str:
    missing = [key for key in problem.wanted if key not in problem.given]
    return f"lacks the field {', '.join(missing)}"


def _mistyped(problem: _Problem) -> str:
    types = [problem.wanted] if isinstance(problem.wanted, str) else problem.wanted
    return f"must be of type {' or '.join(types)}"


def _mismatched(problem: _Problem) -> str:
    about = problem.schema.get("description", "")
    return f"must be {problem.schema[FORM]}. {about}".strip()


_SENTENCES: Mapping[str, Callable[[_Problem], str]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _mistyped,
    "pattern": _mismatched,
    "enum": lambda problem: f"must be one of {', '.join(problem.wanted)}",
    "maxLength": lambda problem: (
        f"is too long: {problem.wanted} characters are allowed"
    ),
    "minProperties": lambda problem: (
        "is empty; name what shall change: " + ", ".join(problem.schema["properties"])
    ),
    "minimum": lambda problem: f"must be {problem.wanted} or more",
    "maximum": lambda problem: f"must be {problem.wanted} or less",
    "oneOf": lambda problem: f"does not fit: {problem.schema['description']}",
}
