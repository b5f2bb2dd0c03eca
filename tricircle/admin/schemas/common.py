# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the schemas of several nouns have in common."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

#: A JSON schema, of the draft of 2020-12, which is OpenAPI 3.1's too.
Schema = Mapping[str, Any]

#: Ids that we make.
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

# No control character anywhere, no white space at the ends: neither Nova nor people
# can tell such names apart.
_END = r"[^\x00-\x20\x7f-\xa0]"
_MIDDLE = r"[^\x00-\x1f\x7f-\x9f]"
_NAME = rf"{_END}({_MIDDLE}*{_END})?"
_NAME_FORM = "a name without control characters, and without white space at its ends"
# Nova takes what follows a colon for a host.
_ZONE_END = r"[^\x00-\x20\x7f-\xa0:]"
_ZONE_MIDDLE = r"[^\x00-\x1f\x7f-\x9f:]"
_ZONE = rf"{_ZONE_END}({_ZONE_MIDDLE}*{_ZONE_END})?"
_ZONE_FORM = f"{_NAME_FORM}, and without a colon"

#: The keyword that says in words what ``pattern`` says; OpenAPI lets it pass.
FORM = "x-form"


def text(description: str, pattern: str, form: str, longest: int = 255) -> Schema:
    """A string that matches ``pattern`` as a whole, which is ``form`` in words."""
    return {
        "type": "string",
        "description": description,
        "pattern": f"^({pattern})$",
        FORM: form,
        "maxLength": longest,
    }


def name(description: str, longest: int = 255) -> Schema:
    """A name that is not empty."""
    return text(description, _NAME, _NAME_FORM, longest)


def label(description: str) -> Schema:
    """A name that may be empty."""
    return text(description, f"({_NAME})?", f"empty, or {_NAME_FORM}")


def zone(description: str) -> Schema:
    """The name of an availability zone."""
    return text(description, _ZONE, _ZONE_FORM)


def optional_zone(description: str) -> Schema:
    """The name of an availability zone, or an empty string."""
    return text(description, f"({_ZONE})?", f"empty, or {_ZONE_FORM}")


def uuid(description: str) -> Schema:
    """An id that we made."""
    return {
        "type": "string",
        "format": "uuid",
        "description": description,
        "pattern": _UUID,
        FORM: "a UUID, in lower case and with its dashes",
    }


def nullable(schema: Schema) -> Schema:
    """What ``schema`` describes, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def one_of(description: str, values: type[StrEnum]) -> Schema:
    """One of the values of an enumeration."""
    return {
        "type": "string",
        "description": description,
        "enum": [str(value) for value in values],
    }


def number(description: str) -> Schema:
    """A whole number, zero or more."""
    return {"type": "integer", "description": description, "minimum": 0}


def moment(description: str) -> Schema:
    """A moment, in UTC."""
    return {"type": "string", "format": "date-time", "description": description}


def strict(properties: Mapping[str, Schema], *required: str) -> Schema:
    """An object with these properties and no others."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        schema["required"] = list(required)
    return schema


def whole(properties: Mapping[str, Schema]) -> Schema:
    """An answer: an object with all of these properties."""
    return strict(properties, *properties)


def listed(key: str, item: Schema) -> Schema:
    """An answer: a page of a list, and where the next one is."""
    link = whole(
        {
            "rel": {"const": "next", "description": "Always next."},
            "href": {"type": "string", "description": "Where it is."},
        }
    )
    return strict(
        {
            key: {"type": "array", "items": item},
            f"{key}_links": {"type": "array", "items": link},
        },
        key,
    )


PROJECT_ID = text(
    "The id of a project in Keystone.",
    "[0-9A-Za-z_.-]+",
    "letters, digits and . _ -",
    64,
)


def resource_id(description: str) -> Schema:
    """The id of a resource, whichever service made it."""
    return text(description, "[!-~]+", "ASCII without spaces", 64)


CREATED_AT = moment("When it was made.")
UPDATED_AT = moment("When it was last changed.")

#: The parameters of every list.
PAGE: Mapping[str, Schema] = {
    "limit": {
        "type": "integer",
        "description": "Items on a page, at most; there is an upper bound.",
        "minimum": 1,
        "maximum": 2**31 - 1,
    },
    "marker": uuid("The id of the last item of the page before."),
}
