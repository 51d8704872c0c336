"""The interop profile: an issuer for every cryptosuite, a verifier, a holder and a resolver for test suites.

The official suites of the W3C (and other implementations) call these routes on loopback, over plain http and
without authorization, with throw-away keys. The profile is lenient where the suites need it, and only here:
any context, any issuer, issuers and subjects that do not control the keys that sign, claims that a holder
makes alone. None of it is a verifier to ask at a door. Not here: sockets and the manifest's file
(`ddcc.interop_cli`).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from types import MappingProxyType

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import Response

from issuer.vc_api import CredentialIssuer, issue_router
from protocols.vcalm import DeriveRequest
from runtime.web import JSONBody, create_app, describe_body, json_response
from vclib.cryptosuites import OLDER_SUITES
from vclib.data_model import BASE_CONTEXT_V2, objects_of, without_members
from vclib.did import did_key, did_key_method, resolver
from vclib.errors import StatusRetrievalError
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import KeyType, generate_private_key
from vclib.proofs import ALL_SUITES, add_proof, derive
from vclib.related_resources import RelatedResource, related_resources_of
from vclib.status import (
    MESSAGE,
    REVOCATION,
    SUSPENSION,
    StatusEntry,
    new_status_list,
    status_entry,
    status_list_credential,
)
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import Environment
from verifier.identifiers import identifiers_router
from verifier.vc_api import VerificationService, verify_router

# One issuer for each cryptosuite and type of key: an endpoint's path and its tag are the suite's name.
_ISSUERS: tuple[tuple[str, KeyType], ...] = (
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("ecdsa-rdfc-2019", KeyType.P384),
    ("ecdsa-jcs-2019", KeyType.P256),
    ("ecdsa-jcs-2019", KeyType.P384),
    ("ecdsa-sd-2023", KeyType.P256),
    ("bbs-2023", KeyType.BLS12_381_G2),
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("eddsa-jcs-2022", KeyType.ED25519),
)
_SELECTIVE = ("ecdsa-sd-2023", "bbs-2023")
# The suites of the data model and of the VC API want one issuer, whatever it signs with.
_GENERAL_SUITE = "eddsa-rdfc-2022"
_GENERAL_TAGS = ("vc2.0", "vc-api")
_STATUS_REFERENCE = "https://www.w3.org/TR/vc-bitstring-status-list/"

_VERSIONS: JSONObject = {"vc": ["1.1", "2.0"]}
# Options that the suites send and the specification does not give to these requests.
_SUITE_OPTIONS = ("checks", "challenge", "domain")

# The data model 2.0 suite lists the base context with digests of 20 July 2024 (w3c/vc-data-model, commit
# 8d0ee107), before its last corrections; what it wants to see is that a right digest is accepted.
_OLDER_BASE_CONTEXT = frozenset(
    {
        ("sha256", bytes.fromhex("24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9")),
        (
            "sha384",
            bytes.fromhex(
                "35239c36999d2155312091af194a1edb61634d6ad789a5e5b19f2aebdd762dd9"
                "d1dcaada40eda7ef921c6b8c0ae107a0"
            ),
        ),
    }
)


@dataclass(frozen=True)
class _PublishedList:
    """A list that the profile serves, of entries of `size` bits; `messages` as in StatusEntry."""

    purpose: str
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=dict)


# By the last segment of their URLs. The messages of two bits are those of the standard's example:
# https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry
_STATUS_LISTS: Mapping[str, _PublishedList] = MappingProxyType(
    {
        REVOCATION: _PublishedList(REVOCATION),
        SUSPENSION: _PublishedList(SUSPENSION),
        MESSAGE: _PublishedList(MESSAGE, messages={0: "accepted", 1: "rejected"}),
        "message-of-two-bits": _PublishedList(
            MESSAGE, 2, {0: "pending_review", 1: "accepted", 2: "rejected", 3: "undefined"}
        ),
    }
)
# What the issuers that add a status write into each credential, by tag. The status list suite wants as many
# messages as `statusSize`, where the standard wants two to that power: what it looks for (the first tag) has
# no `statusSize`, and who looks for one finds it under the second.
_STATUS_TAGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "BitstringStatusList": (REVOCATION, SUSPENSION, MESSAGE),
        "BitstringStatusListSize": (REVOCATION, "message-of-two-bits"),
    }
)


@dataclass(frozen=True)
class InteropProfile:
    """What the test suites talk to; `http` and `https` are the URLs it is reached under, without a slash."""

    name: str
    http: str
    https: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    issuers: Mapping[str, CredentialIssuer] = field(default_factory=lambda: _make_issuers())

    def app(self) -> FastAPI:
        """Return the application with every route of the profile."""
        app = create_app("ddcc interop", version=version("ddcc-wallet"))
        for path, issuer in self._all_issuers().items():
            app.include_router(
                issue_router(issuer, clock=self.clock, ignored_options=_SUITE_OPTIONS, bare=True),
                prefix=f"/issuers/{path}",
            )
        app.include_router(
            verify_router(
                VerificationService(self.environment),
                clock=self.clock,
                ignored_options=_SUITE_OPTIONS,
                refused_status=HTTPStatus.BAD_REQUEST,
            )
        )
        app.include_router(_derive_router())
        app.include_router(identifiers_router(as_written=_as_the_did_key_suite_reads))
        app.include_router(self._status_router())
        return app

    def manifest(self) -> JSONObject:
        """Return what a suite's `localConfig.cjs` gives as its one implementation."""
        someone = next(iter(self.issuers.values())).issuer_id
        suites = sorted({suite for suite, _ in _ISSUERS})
        tags: list[JSONValue] = [*suites, *_GENERAL_TAGS, *_STATUS_TAGS]
        return {
            "name": self.name,
            "implementation": self.name,
            "issuers": [self._issuer_entry(path, issuer) for path, issuer in self._all_issuers().items()],
            "verifiers": [
                {
                    "id": someone,
                    "endpoint": f"{self.http}/credentials/verify",
                    "supportedEcdsaKeyTypes": ["P-256", "P-384"],
                    "supports": _VERSIONS,
                    "tags": tags,
                }
            ],
            "vpVerifiers": [
                {"id": someone, "endpoint": f"{self.http}/presentations/verify", "tags": tags},
            ],
            "vcHolders": [
                {
                    "id": someone,
                    "endpoint": f"{self.http}/credentials/derive",
                    "supports": _VERSIONS,
                    "tags": ["vcHolder", *_SELECTIVE],
                }
            ],
            "didResolvers": [{"id": someone, "endpoint": f"{self.http}/identifiers", "tags": ["did-key"]}],
        }

    def environment(self, now: datetime) -> Environment:
        """Return how the profile verifies: leniently, and without a single request to anybody."""
        return Environment(
            resolver(methods=("key", "jwk")),
            now,
            contexts=UNSAFE_ANY_CONTEXT,
            accepted_suites=ALL_SUITES.union(OLDER_SUITES),
            fetch_status=self._own_list,
            bind_issuer_to_key=False,
            bind_holder_to_key=False,
            accept_self_asserted=True,
        )

    def _all_issuers(self) -> dict[str, CredentialIssuer]:
        with_status = {
            tag: replace(
                self._general_issuer(), as_examined=None, status_entries=partial(self._status_entries, names)
            )
            for tag, names in _STATUS_TAGS.items()
        }
        return {**self.issuers, **with_status}

    def _general_issuer(self) -> CredentialIssuer:
        return self.issuers[_path(_GENERAL_SUITE, KeyType.ED25519)]

    def _issuer_entry(self, path: str, issuer: CredentialIssuer) -> JSONObject:
        tags: list[JSONValue] = [path] if path in _STATUS_TAGS else [issuer.cryptosuite]
        if path == _path(_GENERAL_SUITE, KeyType.ED25519):
            tags.extend(_GENERAL_TAGS)
        entry: JSONObject = {
            "id": issuer.issuer_id,
            "endpoint": f"{self.http}/issuers/{path}/credentials/issue",
            "supports": _VERSIONS,
            "tags": tags,
        }
        if issuer.key.public_key.key_type in (KeyType.P256, KeyType.P384):
            entry["supportedEcdsaKeyTypes"] = [str(issuer.key.public_key.key_type)]
        return entry

    def _status_entries(self, names: Sequence[str]) -> list[JSONObject]:
        index = secrets.randbelow(len(new_status_list()))
        return [
            {
                "id": f"urn:uuid:{uuid.uuid4()}",
                "statusReference": _STATUS_REFERENCE,
                **status_entry(
                    StatusEntry(
                        _STATUS_LISTS[name].purpose,
                        index,
                        self._list_url(name),
                        _STATUS_LISTS[name].size,
                        _STATUS_LISTS[name].messages,
                    )
                ),
            }
            for name in names
        ]

    def _list_url(self, name: str) -> str:
        return f"{self.https}/status-lists/{name}"

    def _own_list(self, url: str) -> JSONObject:
        for name in _STATUS_LISTS:
            if url == self._list_url(name):
                return self._signed_list(name)
        raise StatusRetrievalError("only the status lists of this profile are looked at")

    def _signed_list(self, name: str) -> JSONObject:
        issuer, now, published = self._general_issuer(), self.clock(), _STATUS_LISTS[name]
        return add_proof(
            status_list_credential(
                new_status_list(status_size=published.size),
                url=self._list_url(name),
                issuer=issuer.issuer_id,
                purposes=[published.purpose],
                valid_from=now,
                valid_until=now + timedelta(days=1),
            ),
            cryptosuite=issuer.cryptosuite,
            key=issuer.key,
            verification_method=issuer.verification_method,
            created=now,
        )

    def _status_router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/status-lists/{name}")
        def status_list(name: str) -> Response:
            if name not in _STATUS_LISTS:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            return json_response(self._signed_list(name), media_type="application/ld+json")

        return router


def _path(suite: str, key_type: KeyType) -> str:
    return f"{suite}-{key_type}".lower()


def _make_issuers() -> dict[str, CredentialIssuer]:
    issuers: dict[str, CredentialIssuer] = {}
    for suite, key_type in _ISSUERS:
        key = generate_private_key(key_type)
        issuers[_path(suite, key_type)] = CredentialIssuer(
            did_key(key.public_key),
            did_key_method(key.public_key),
            key,
            suite,
            contexts=UNSAFE_ANY_CONTEXT,
            mandatory_pointers=("/issuer",) if suite in _SELECTIVE else (),
            as_examined=_without_older_digests,
            unsafe_accept_any_issuer=True,
        )
    return issuers


def _derive_router() -> APIRouter:
    router = APIRouter()

    @router.post(
        "/credentials/derive",
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(verifiableCredential={"type": "object"}, options={"type": "object"}),
    )
    def derived(body: JSONBody) -> Response:
        request = DeriveRequest.from_json(body, ignored_options=_SUITE_OPTIONS)
        credential = derive(
            request.credential,
            selective_pointers=request.selective_pointers,
            contexts=UNSAFE_ANY_CONTEXT,
        )
        return json_response(credential, status=HTTPStatus.CREATED)

    return router


def _without_older_digests(credential: JSONObject) -> JSONObject:
    """Return a credential without the one related resource whose digest is right for an older document."""
    if "relatedResource" not in credential:
        return credential
    resources = related_resources_of(credential)
    kept: list[JSONValue] = [
        item
        for item, resource in zip(objects_of(credential, "relatedResource"), resources, strict=True)
        if not _is_older_base_context(resource)
    ]
    bare = without_members(credential, "relatedResource")
    return bare | {"relatedResource": kept} if kept else bare


def _is_older_base_context(resource: RelatedResource) -> bool:
    return resource.url == BASE_CONTEXT_V2 and _OLDER_BASE_CONTEXT.issuperset(resource.digests)


def _as_the_did_key_suite_reads(result: JSONObject) -> JSONObject:
    """Return a result as the did:key suite reads it: always with `didDocument`, which is never null.

    That suite was written for a draft in which dereferencing answered as resolution does.
    """
    if "contentStream" in result:
        return {"didDocument": result["contentStream"], "didDocumentMetadata": {}, **result}
    return result | {"didDocument": result.get("didDocument") or {}}
