"""A registry as a credential: who is recognised to issue what, signed by the registry's publisher.

The shape is that of W3C Recognized Entities. An entity is taken if the action is `issue`; the types are the
`id`s of its `outputValidation` members of type CredentialType, our own kind of validator, since the draft
leaves kinds open and a schema does not say a type. An action that is restricted in another way is left out:
what cannot be evaluated recognises nobody. A `recognizedIn` link leads to a further registry, which is
verified like this one; from it only the entity with the link is taken, and only if its publisher is ours or
one that ours recognises to issue registries. Links are followed to a small depth and never in a circle
(threat I5). With our own member `suspended`, the reason as text, an entity stays known and nothing of it
counts (threat I3). Source: https://www.w3.org/TR/vc-recognized-entities-1.0/ (experimental). Not here: lists
of other kinds that a link may name, and recognition to verify.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from health.trust.errors import ExpiredListError, TrustListError, UnsignedListError, WrongPublisherError
from health.trust.lists import Material, Pins, TrustList, Verified
from vclib.cid import Resolve
from vclib.credentials import Credential, parse_credential
from vclib.data_model import BASE_CONTEXT_V2, is_url
from vclib.datetimes import parse_datetime
from vclib.environment import Environment
from vclib.errors import (
    ConfigurationError,
    IssuerNotAcceptedError,
    MalformedValueError,
    NoProofError,
    StatusRetrievalError,
)
from vclib.status import StatusResult
from vclib.strict_json import JSONObject, JSONValue, parse_json_object
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers
from vclib.verification import Validity, VerifiedCredential, verify_credential

RECOGNIZED = "https://www.w3.org/ns/credentials/recognized-entities#"
REGISTRY_TYPE = RECOGNIZED + "RecognizedEntityCredential"
CONTEXT = "https://w3id.org/ddcc/recognition/v1"

MAX_DEPTH = 3
MAX_LINKS = 32
_VALIDATOR = "CredentialType"


@dataclass(frozen=True)
class RecognizedEntities:
    """The kind; see the module."""

    name: str = "recognized-entities"
    title: str = "registry as a signed credential (Recognized Entities)"

    def recognises(self, material: Material) -> bool:
        """Say whether the first document has the type's name in it."""
        first = next(iter(material.documents.values()), b"")
        return first.lstrip().startswith(b"{") and b'"RecognizedEntityCredential"' in first

    def read(self, material: Material, *, now: datetime) -> TrustList:
        """Return what the registry says, believed or not; links are not followed."""
        credential = parse_credential(_first(material))
        _check_type(credential)
        issuers = tuple(_issuers(_Entity.of(each) for each in credential.subjects))
        versions = {} if credential.valid_from is None else {_id_of(credential): credential.valid_from}
        return _list(credential, issuers, versions)

    def verify(self, material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
        """Return the registry if the pinned publisher signed it and it is in force."""
        if pins.sha256 is not None:
            return Verified(self.read(material, now=now), f"pinned by sha256:{pins.sha256}")
        if pins.publisher is None:
            raise UnsignedListError("name the publisher who has to have signed the registry")
        reader = _Reader(material, resolve, now)
        document = _first(material)
        verified = reader.verified(document, frozenset({pins.publisher}))
        credential = verified.credential
        entities = [_Entity.of(each) for each in credential.subjects]
        publishers = frozenset({pins.publisher, *_publishers(entities)})
        path = (_id_of(credential),)
        taken: list[_Entity] = []
        for entity in entities:
            taken.append(reader.with_links(entity, publishers, path))
            material.progress(len(taken), len(entities))
        return Verified(
            _list(credential, tuple(_issuers(taken)), reader.versions),
            f"signed by {pins.publisher}",
        )


@dataclass(frozen=True)
class _Action:
    """One recognised action; `types` is None for every type, empty where it could not be evaluated."""

    name: str
    types: frozenset[str] | None
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True)
class _Entity:
    id: str
    name: str
    same_as: tuple[str, ...]
    actions: tuple[_Action, ...]
    links: tuple[str, ...]
    suspended: str = ""

    @classmethod
    def of(cls, subject: JSONObject) -> _Entity:
        """Return the entity that a subject describes; MalformedValueError names what is wrong."""
        entity_id, name = subject.get("id"), subject.get("name", subject.get("legalName"))
        if not isinstance(entity_id, str) or not is_url(entity_id):
            raise MalformedValueError("credentialSubject.id: expected the DID of an entity")
        if "RecognizedEntity" not in _strings(subject.get("type")):
            raise MalformedValueError(f"{entity_id[:200]}: expected a RecognizedEntity")
        if not isinstance(name, str) or not name.strip():
            raise MalformedValueError(f"{entity_id[:200]}: expected a name")
        same_as = tuple(each for each in _strings(subject.get("sameAs")) if is_url(each))
        actions = tuple(_action(each, entity_id) for each in _objects(subject.get("recognizedTo")))
        links = tuple(_link(each) for each in _listed(subject.get("recognizedIn")))
        suspended = subject.get("suspended", "")
        if not isinstance(suspended, str) or ("suspended" in subject and not suspended.strip()):
            raise MalformedValueError(f"{entity_id[:200]}: suspended: expected the reason as text")
        return cls(entity_id, name, same_as, actions, tuple(link for link in links if link), suspended)


@dataclass
class _Reader:
    """The reading of one registry with what it links to."""

    material: Material
    resolve: Resolve
    now: datetime
    versions: dict[str, datetime] = field(default_factory=dict)
    linked: dict[str, Credential] = field(default_factory=dict)

    def verified(self, document: JSONObject, publishers: frozenset[str]) -> VerifiedCredential:
        """Return a registry that is signed by one of `publishers` and in force, and note its date."""
        environment = Environment(
            self.resolve,
            self.now,
            # Members are read by their names, so their meaning must be the one known here.
            context_sequences={REGISTRY_TYPE: [(BASE_CONTEXT_V2, CONTEXT)]},
            is_issuer_acceptable=publishers.__contains__,
            fetch_status=None if self.material.fetch is None else self._status_list,
        )
        try:
            verified = verify_credential(document, environment)
        except IssuerNotAcceptedError as err:
            expected = ", ".join(sorted(publishers))
            raise WrongPublisherError(
                f"the registry is of {str(_issuer_of(document))[:200]}, not of {expected}"
            ) from err
        except NoProofError as err:
            raise UnsignedListError("the registry is not signed") from err
        credential = verified.credential
        _check_type(credential)
        if verified.validity is not Validity.VALID:
            raise ExpiredListError(f"the registry {_id_of(credential)} is {verified.validity} now")
        for status in verified.status:
            if not isinstance(status, StatusResult) or status.is_set:
                raise TrustListError(f"the registry {_id_of(credential)} was withdrawn, or nobody could tell")
        self.versions[_id_of(credential)] = _date_of(verified)
        return verified

    def with_links(self, entity: _Entity, publishers: frozenset[str], path: tuple[str, ...]) -> _Entity:
        """Return the entity with the actions that the registries it links to recognise it for, too."""
        actions, same_as, suspended = list(entity.actions), list(entity.same_as), entity.suspended
        for link in entity.links:
            further = self._further(entity, link, publishers, path)
            actions += further.actions
            same_as += further.same_as
            # Whichever registry suspends it, it is.
            suspended = suspended or further.suspended
        return _Entity(entity.id, entity.name, tuple(dict.fromkeys(same_as)), tuple(actions), (), suspended)

    def _further(
        self, entity: _Entity, link: str, publishers: frozenset[str], path: tuple[str, ...]
    ) -> _Entity:
        if link in path:
            raise TrustListError(f"the registry's links lead in a circle, back to {link[:200]}")
        if len(path) > MAX_DEPTH:
            raise TrustListError(f"the registry's links are more than {MAX_DEPTH} deep")
        for subject in self._registry(link, publishers).subjects:
            if subject.get("id") == entity.id:
                return self.with_links(_Entity.of(subject), publishers, (*path, link))
        raise TrustListError(f"{link[:200]} does not have {entity.id[:200]}")

    def _registry(self, link: str, publishers: frozenset[str]) -> Credential:
        """Return the registry behind a link, verified once however many entities link to it."""
        if link not in self.linked:
            if len(self.linked) >= MAX_LINKS:
                raise TrustListError(f"the registry links to more than {MAX_LINKS} others")
            credential = self.verified(self._document(link), publishers).credential
            if _id_of(credential) != link:
                raise TrustListError(f"{link[:200]} leads to the registry {_id_of(credential)[:200]}")
            self.linked[link] = credential
        return self.linked[link]

    def _document(self, link: str) -> JSONObject:
        for content in self.material.documents.values():
            document = parse_json_object(content)
            if document.get("id") == link:
                return document
        if self.material.fetch is None:
            raise TrustListError(f"the registry refers to {link[:200]}, which was not given")
        return parse_json_object(self.material.fetch(link))

    def _status_list(self, url: str) -> JSONObject:
        if self.material.fetch is None:
            raise StatusRetrievalError(f"{url[:200]} is not at hand")
        return parse_json_object(self.material.fetch(url))


def _issuers(entities: Iterable[_Entity]) -> Iterator[TrustedIssuer]:
    for entity in entities:
        issuing = [
            action
            for action in entity.actions
            if action.name == "issue" and (action.types is None or action.types - {REGISTRY_TYPE})
        ]
        if not issuing:
            continue
        periods = {(action.valid_from, action.valid_until) for action in issuing}
        if len(periods) > 1:
            raise MalformedValueError(f"{entity.id[:200]}: expected one period for all it may issue")
        [(valid_from, valid_until)] = periods
        types = [action.types for action in issuing]
        restricted = None if None in types else frozenset().union(*(each or () for each in types))
        yield TrustedIssuer(
            entity.id,
            entity.name,
            frozenset({entity.id, *entity.same_as}),
            None if restricted is None else restricted - {REGISTRY_TYPE},
            valid_from,
            valid_until,
            suspended=entity.suspended,
        )


def _publishers(entities: Iterable[_Entity]) -> Iterator[str]:
    """Yield who is recognised to issue registries: said by name, not by "everything"."""
    for entity in entities:
        for action in entity.actions if not entity.suspended else ():
            if action.name == "issue" and action.types is not None and REGISTRY_TYPE in action.types:
                yield from (entity.id, *entity.same_as)


def _list(
    credential: Credential, issuers: tuple[TrustedIssuer, ...], versions: dict[str, datetime]
) -> TrustList:
    try:
        TrustedIssuers.of(issuers)
    except ConfigurationError as err:
        raise MalformedValueError(f"the registry: {err.message}") from err
    return TrustList(
        kind="recognized-entities",
        publisher=credential.issuer_id,
        issuers=issuers,
        versions=MappingProxyType(dict(versions)),
        valid_from=credential.valid_from,
        valid_until=credential.valid_until,
    )


def _action(action: JSONObject, entity_id: str) -> _Action:
    name = action.get("action")
    if not isinstance(name, str):
        raise MalformedValueError(f"{entity_id[:200]}: recognizedTo.action: expected a word")
    validators = _objects(action.get("outputValidation"))
    types: frozenset[str] | None = None
    if "outputValidation" in action:
        known = all(each.get("type") == _VALIDATOR for each in validators)
        ids = [each.get("id") for each in validators]
        types = (
            frozenset(each for each in ids if isinstance(each, str) and is_url(each))
            if known
            else frozenset()
        )
    moments = [
        parse_datetime(action[member]) if member in action else None for member in ("validFrom", "validUntil")
    ]
    return _Action(name, types, moments[0], moments[1])


def _link(value: JSONValue) -> str:
    """Return the URL of a link to a further registry, "" for a list of another kind."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "RecognizedEntityCredential" in _strings(value.get("type")):
        return str(value.get("id", ""))
    return ""


def _check_type(credential: Credential) -> None:
    if REGISTRY_TYPE not in credential.type_iris:
        raise MalformedValueError("expected a RecognizedEntityCredential")


def _date_of(verified: VerifiedCredential) -> datetime:
    """Return what tells a newer registry from an older: when it was signed, else when it begins."""
    created = [proof.created for proof in verified.proofs if proof.created is not None]
    date = min(created, default=verified.credential.valid_from)
    if date is None:
        raise MalformedValueError("proof.created: expected the date of the registry")
    return date


def _id_of(credential: Credential) -> str:
    return credential.id or credential.issuer_id


def _issuer_of(document: JSONObject) -> JSONValue:
    issuer = document.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def _first(material: Material) -> JSONObject:
    return parse_json_object(next(iter(material.documents.values())))


def _listed(value: JSONValue) -> list[JSONValue]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _objects(value: JSONValue) -> list[JSONObject]:
    found = [each for each in _listed(value) if isinstance(each, dict)]
    if len(found) != len(_listed(value)):
        raise MalformedValueError("expected objects in the registry")
    return found


def _strings(value: JSONValue) -> list[str]:
    return [each for each in _listed(value) if isinstance(each, str)]
