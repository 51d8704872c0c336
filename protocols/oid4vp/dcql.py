"""DCQL: what a verifier asks for, parsed with limits (VP 6, 7, B.1.1).

A query comes from a stranger and is walked over credentials, so every list and every path in it is bounded
(threat E19). Members that are not known are ignored, as VP 6 demands; what the known ones may hold is strict.
A query of another format than `ldp_vc` is read, because it may be an alternative, and matches nothing.
Not here: comparing a query with credentials (`matching`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from protocols.oid4vp.errors import InvalidRequestError
from protocols.oid4vp.reading import (
    check_id,
    read_bool,
    read_id,
    read_list,
    read_object,
    read_objects,
    read_text,
    read_texts,
)
from vclib.strict_json import JSONObject, JSONValue, json_type_name

LDP_VC = "ldp_vc"

MAX_CREDENTIALS = 20
MAX_CLAIMS = 100
MAX_CLAIM_SETS = 20
MAX_CREDENTIAL_SETS = 20
MAX_OPTIONS = 20
MAX_PATH = 16
MAX_VALUES = 50
MAX_TYPES = 20
MAX_AUTHORITIES = 20
_MAX_INDEX = 100_000

# A claims path pointer (VP 7): a member's name, an element's position, or None for every element.
PathComponent: TypeAlias = str | int | None
ClaimPath: TypeAlias = tuple[PathComponent, ...]


@dataclass(frozen=True)
class ClaimsQuery:
    """One claim that is asked for; with `values`, only if it has one of them."""

    path: ClaimPath
    id: str | None = None
    values: tuple[str | int | bool, ...] | None = None

    @classmethod
    def from_json(cls, members: JSONObject) -> ClaimsQuery:
        """Return the query of one entry of `claims`; raises InvalidRequestError."""
        claim_id = read_id(members, "id", InvalidRequestError) if "id" in members else None
        path = parse_claim_path(members.get("path"))
        if "values" not in members:
            return cls(path, claim_id)
        values = read_list(members["values"], "values", InvalidRequestError, limit=MAX_VALUES)
        accepted = tuple(value for value in values if isinstance(value, str | int | bool))
        if len(accepted) != len(values):
            raise InvalidRequestError("values: expected texts, integers and booleans")
        return cls(path, claim_id, accepted)

    def to_json(self) -> JSONObject:
        """Return the members as VP 6.3 names them."""
        written: JSONObject = {} if self.id is None else {"id": self.id}
        written["path"] = list(self.path)
        return written if self.values is None else {**written, "values": list(self.values)}


@dataclass(frozen=True)
class CredentialQuery:
    """One credential that is asked for. `type_values`: one of these groups must be among its types.

    Without `claims` nothing is asked for but what the issuer made mandatory. `claim_sets` are alternatives,
    the preferred one first. `trusted_authorities` are a hint and not looked at here.
    """

    id: str
    format: str = LDP_VC
    type_values: tuple[tuple[str, ...], ...] = ()
    claims: tuple[ClaimsQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()
    multiple: bool = False
    holder_binding: bool = True
    trusted_authorities: tuple[JSONObject, ...] = ()

    @classmethod
    def from_json(cls, members: JSONObject) -> CredentialQuery:
        """Return the query of one entry of `credentials`; raises InvalidRequestError."""
        query_format = read_text(members, "format", InvalidRequestError, limit=64)
        meta = read_object(members, "meta", InvalidRequestError)
        claims = _claims(members)
        return cls(
            id=read_id(members, "id", InvalidRequestError),
            format=query_format,
            type_values=_type_values(meta) if query_format == LDP_VC else (),
            claims=claims,
            claim_sets=_claim_sets(members, claims),
            multiple=read_bool(members, "multiple", InvalidRequestError, default=False),
            holder_binding=read_bool(
                members, "require_cryptographic_holder_binding", InvalidRequestError, default=True
            ),
            trusted_authorities=_authorities(members),
        )

    def to_json(self) -> JSONObject:
        """Return the members as VP 6.1 names them; those with their default are left out."""
        written: JSONObject = {
            "id": self.id,
            "format": self.format,
            "meta": {"type_values": [list(types) for types in self.type_values]},
        }
        if self.multiple:
            written["multiple"] = True
        if not self.holder_binding:
            written["require_cryptographic_holder_binding"] = False
        if self.trusted_authorities:
            written["trusted_authorities"] = list(self.trusted_authorities)
        if self.claims:
            written["claims"] = [claim.to_json() for claim in self.claims]
        if self.claim_sets:
            written["claim_sets"] = [list(ids) for ids in self.claim_sets]
        return written

    def alternatives(self) -> tuple[tuple[ClaimsQuery, ...], ...]:
        """Return the combinations of claims that answer the query, the preferred one first."""
        if not self.claim_sets:
            return (self.claims,)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(tuple(by_id[name] for name in ids) for ids in self.claim_sets)


@dataclass(frozen=True)
class CredentialSetQuery:
    """Alternatives of credentials: all ids of one option answer it, the preferred one first."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True

    @classmethod
    def from_json(cls, members: JSONObject, ids: Sequence[str]) -> CredentialSetQuery:
        """Return the query of one entry of `credential_sets` over the credential queries `ids`."""
        options = _id_lists(members.get("options"), "options", ids, limit=MAX_OPTIONS)
        return cls(options, read_bool(members, "required", InvalidRequestError, default=True))

    def to_json(self) -> JSONObject:
        """Return the members as VP 6.2 names them."""
        written: JSONObject = {"options": [list(option) for option in self.options]}
        return written if self.required else {**written, "required": False}


@dataclass(frozen=True)
class DCQLQuery:
    """A whole query. Without `credential_sets` every credential query has to be answered."""

    credentials: tuple[CredentialQuery, ...]
    credential_sets: tuple[CredentialSetQuery, ...] = ()

    @classmethod
    def from_json(cls, value: JSONValue) -> DCQLQuery:
        """Return the query of a `dcql_query`; InvalidRequestError for anything that is not one."""
        if not isinstance(value, dict):
            raise InvalidRequestError(f"dcql_query: expected an object, found {json_type_name(value)}")
        entries = read_objects(
            value.get("credentials"), "credentials", InvalidRequestError, limit=MAX_CREDENTIALS
        )
        credentials = tuple(CredentialQuery.from_json(entry) for entry in entries)
        ids = [query.id for query in credentials]
        _check_unique(ids, "credentials")
        if "credential_sets" not in value:
            return cls(credentials)
        sets = read_objects(
            value["credential_sets"], "credential_sets", InvalidRequestError, limit=MAX_CREDENTIAL_SETS
        )
        return cls(credentials, tuple(CredentialSetQuery.from_json(entry, ids) for entry in sets))

    def to_json(self) -> JSONObject:
        """Return the members as VP 6 names them."""
        written: JSONObject = {"credentials": [query.to_json() for query in self.credentials]}
        if self.credential_sets:
            written["credential_sets"] = [query.to_json() for query in self.credential_sets]
        return written

    def find(self, query_id: str) -> CredentialQuery | None:
        """Return the credential query of an id, None if there is none."""
        return next((query for query in self.credentials if query.id == query_id), None)


def parse_claim_path(value: JSONValue) -> ClaimPath:
    """Return a claims path pointer (VP 7): not empty, of texts, positions from 0 on, and nulls."""
    components = read_list(value, "path", InvalidRequestError, limit=MAX_PATH)
    return tuple(_component(component) for component in components)


def _component(value: JSONValue) -> PathComponent:
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= 512:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_INDEX:
        return value
    raise InvalidRequestError("path: expected texts, positions from 0 on, and nulls")


def _claims(members: JSONObject) -> tuple[ClaimsQuery, ...]:
    if "claims" not in members:
        return ()
    entries = read_objects(members["claims"], "claims", InvalidRequestError, limit=MAX_CLAIMS)
    claims = tuple(ClaimsQuery.from_json(entry) for entry in entries)
    _check_unique([claim.id for claim in claims if claim.id is not None], "claims")
    return claims


def _claim_sets(members: JSONObject, claims: Sequence[ClaimsQuery]) -> tuple[tuple[str, ...], ...]:
    if "claim_sets" not in members:
        return ()
    if not claims:
        raise InvalidRequestError("claim_sets: not without claims")
    ids = [claim.id for claim in claims if claim.id is not None]
    if len(ids) != len(claims):
        raise InvalidRequestError("claims: with claim_sets, every claim needs an id")
    return _id_lists(members["claim_sets"], "claim_sets", ids, limit=MAX_CLAIM_SETS)


def _id_lists(
    value: JSONValue, name: str, known: Sequence[str], *, limit: int
) -> tuple[tuple[str, ...], ...]:
    lists = []
    for entry in read_list(value, name, InvalidRequestError, limit=limit):
        ids = [
            check_id(item, name, InvalidRequestError)
            for item in read_list(entry, name, InvalidRequestError, limit=MAX_CLAIMS)
        ]
        _check_unique(ids, name)
        unknown = [item for item in ids if item not in known]
        if unknown:
            raise InvalidRequestError(f"{name}: nothing has the id {unknown[0]!r}")
        lists.append(tuple(ids))
    return tuple(lists)


def _type_values(meta: JSONObject) -> tuple[tuple[str, ...], ...]:
    groups = read_list(meta.get("type_values"), "type_values", InvalidRequestError, limit=MAX_TYPES)
    return tuple(read_texts(group, "type_values", InvalidRequestError, limit=MAX_TYPES) for group in groups)


def _authorities(members: JSONObject) -> tuple[JSONObject, ...]:
    if "trusted_authorities" not in members:
        return ()
    entries = read_objects(
        members["trusted_authorities"], "trusted_authorities", InvalidRequestError, limit=MAX_AUTHORITIES
    )
    for entry in entries:
        read_text(entry, "type", InvalidRequestError)
        read_texts(entry.get("values"), "values", InvalidRequestError, limit=MAX_VALUES)
    return tuple(entries)


def _check_unique(ids: Sequence[str], name: str) -> None:
    if len(set(ids)) != len(ids):
        raise InvalidRequestError(f"{name}: an id occurs twice")
