"""Claims path pointers: which claims of a credential are meant, by issuers (OpenID4VCI) and verifiers (DCQL).

A pointer is a non-empty array that is read from the credential's root: a string is a member of an object,
`null` every element of an array, a non-negative integer one of them. Components of another kind, and a
component applied to another kind of JSON, are errors; where a member or an index is missing, that branch
drops out, and nothing left is an error, too. For `ldp_vc` the root is the credential, never the presentation,
and no JSON-LD processing takes place.
Sources: OpenID4VCI 1.0 appendix C, OpenID4VP 1.0 section 7. Not here: comparing values (DCQL).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vclib.errors import MalformedValueError
from vclib.strict_json import JSONValue, json_type_name

ClaimsPath: TypeAlias = tuple[str | int | None, ...]

# A credential of this system is five levels deep; JSON is read up to 64.
MAX_COMPONENTS = 64
_MAX_CHARACTERS = 1000


class InvalidClaimsPathError(MalformedValueError):
    """The value is no claims path pointer."""

    code = "claims-path"


class ClaimNotFoundError(MalformedValueError):
    """The pointer does not fit the document, or selects nothing in it."""

    code = "claim-not-found"


@dataclass(frozen=True)
class SelectedClaim:
    """One value that a pointer selects; `pointer` is its place as a JSON pointer (RFC 6901)."""

    pointer: str
    value: JSONValue


def parse_claims_path(value: object) -> ClaimsPath:
    """Return the pointer of a JSON value; raises InvalidClaimsPathError."""
    if not isinstance(value, list) or not value:
        raise InvalidClaimsPathError(f"path: expected a non-empty array, found {json_type_name(value)}")
    if len(value) > MAX_COMPONENTS:
        raise InvalidClaimsPathError(f"path: expected at most {MAX_COMPONENTS} components")
    return tuple(_component(item) for item in value)


def claims_path_to_json(path: ClaimsPath) -> list[JSONValue]:
    """Return the JSON form of a pointer."""
    return list(path)


def select_claims(document: JSONValue, path: ClaimsPath) -> tuple[SelectedClaim, ...]:
    """Return what `path` selects in a credential, at least one value, in the document's order.

    Raises ClaimNotFoundError where a component meets another kind of JSON and where nothing is selected.
    """
    selected: list[SelectedClaim] = [SelectedClaim("", document)]
    for component in path:
        selected = [found for item in selected for found in _step(item, component)]
        if not selected:
            raise ClaimNotFoundError("the path selects nothing in the credential")
    return tuple(selected)


def _component(item: object) -> str | int | None:
    if item is None or (isinstance(item, str) and len(item) <= _MAX_CHARACTERS):
        return item
    if isinstance(item, int) and not isinstance(item, bool) and item >= 0:
        return item
    raise InvalidClaimsPathError(
        f"path: expected strings, null and non-negative integers, found {json_type_name(item)}"
    )


def _step(item: SelectedClaim, component: str | int | None) -> Sequence[SelectedClaim]:
    value = item.value
    if isinstance(component, str):
        if not isinstance(value, dict):
            raise ClaimNotFoundError(f"the path names a member of {json_type_name(value)}")
        escaped = component.replace("~", "~0").replace("/", "~1")
        return [SelectedClaim(f"{item.pointer}/{escaped}", value[component])] if component in value else []
    if not isinstance(value, list):
        raise ClaimNotFoundError(f"the path selects elements of {json_type_name(value)}")
    positions = range(len(value)) if component is None else range(component, component + 1)
    return [
        SelectedClaim(f"{item.pointer}/{position}", value[position])
        for position in positions
        if position < len(value)
    ]
