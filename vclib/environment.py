"""What one verification takes from the world: keys, time, lists, policy, each an argument; and its bounds.

`Environment` is what a relying party decides once; `Lookups` is what one verification of one presentation
has looked up so far. Every look-up may be a network request that a stranger's document asks for, so each
is made once and their number is bounded (threat G11). Nothing here opens a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from vclib.cid import Resolve
from vclib.credentials import Credential
from vclib.data_model import Version
from vclib.did import Fetch
from vclib.errors import FetchRefusedError, StatusRetrievalError
from vclib.jsonld import DEFAULT_CONTEXTS, ContextPolicy
from vclib.presentations import MAX_CREDENTIALS
from vclib.proofs import ALL_SUITES, CLOCK_SKEW, VerifiedProof
from vclib.status import MINIMUM_ENTRIES, StatusList
from vclib.strict_json import JSONObject

# One presentation needs a DID document for each issuer and a list for each status.
MAX_FETCHES = 16

# A type's IRI to the sequences of context URLs under which a program reads credentials of the type.
ContextSequences = Mapping[str, Collection[tuple[str, ...]]]

# These DIDs hold their key, so resolving them asks nobody.
_SELF_CONTAINED = ("did:key:", "did:jwk:")


class ListMemory(Protocol):
    """What a relying party keeps of status lists between verifications, so that each is verified once.

    It must forget: what it returns counts as verified, although keys may have been withdrawn since. A
    document is recognised as the object it is, never by what it says of itself. One memory belongs to one
    relying party's environment; its methods may be called by several threads at once.
    """

    def find(self, document: JSONObject, now: datetime) -> Credential | None:
        """Return the credential of a list whose integrity was verified a short while before `now`."""
        ...

    def keep(
        self, document: JSONObject, credential: Credential, proofs: Collection[VerifiedProof], now: datetime
    ) -> None:
        """Take note of a list whose integrity was verified at `now`."""
        ...

    def decode(self, encoded: object, *, status_size: int) -> StatusList:
        """Return what `vclib.status.decode_list` does, or did of the same text."""
        ...


def only_itself(issuer_id: str) -> Collection[str]:
    """Return the DIDs of an issuer about whom nothing else is known: its id."""
    return (issuer_id,)


def is_self_contained(did: str) -> bool:
    """Say whether a DID holds its own key, so that resolving it makes no request."""
    return did.startswith(_SELF_CONTAINED)


@dataclass(frozen=True)
class Environment:
    """How a relying party verifies.

    `resolve` maps a DID to its document, `now` is the moment of the check. `fetch_status` returns the status
    list credential of a URL (and may cache it for its `ttl`), `fetch` the bytes of a schema or related
    resource; without them these are reported as not checked. `issuer_keys` tells which DIDs are one issuer,
    for signing and for publishing status lists. `is_issuer_acceptable` is asked before anything is fetched
    for a credential. A credential of a type in `context_sequences` must have exactly one of the sequences of
    contexts listed there, because under another its terms may mean something else. The two `bind_` settings
    are switched off for published vectors and test suites only, whose issuers and subjects do not control
    the keys that sign. `list_memory` saves verifying a status list again that was verified a moment ago.
    """

    resolve: Resolve
    now: datetime
    _: KW_ONLY
    contexts: ContextPolicy = DEFAULT_CONTEXTS
    context_sequences: ContextSequences = field(default_factory=lambda: MappingProxyType({}))
    accepted_suites: Collection[str] = ALL_SUITES
    accepted_versions: Collection[Version] = ("2.0", "1.1")
    fetch_status: Callable[[str], JSONObject] | None = None
    fetch: Fetch | None = None
    bind_issuer_to_key: bool = True
    bind_holder_to_key: bool = True
    issuer_keys: Callable[[str], Collection[str]] = only_itself
    is_issuer_acceptable: Callable[[str], bool] | None = None
    accept_self_asserted: bool = False
    clock_skew: timedelta = CLOCK_SKEW
    max_credentials: int = MAX_CREDENTIALS
    max_fetches: int = MAX_FETCHES
    minimum_status_entries: int = MINIMUM_ENTRIES
    list_memory: ListMemory | None = None


class Lookups:
    """The look-ups of one verification: each URL once, together at most `environment.max_fetches`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._documents: dict[str, JSONObject] = {}
        self._lists: dict[str, JSONObject] = {}
        self._made = 0
        # Status list credentials whose integrity was verified, by their URL.
        self.verified_lists: dict[str, Credential] = {}

    def resolve(self, did: str) -> JSONObject:
        """Return the document of a DID. Raises DIDError, FetchError."""
        if did not in self._documents:
            if not is_self_contained(did):
                self._count(did)
            self._documents[did] = self._environment.resolve(did)
        return self._documents[did]

    def status_list(self, url: str) -> JSONObject:
        """Return the status list credential of a URL, unverified. Raises StatusRetrievalError, FetchError."""
        if self._environment.fetch_status is None:
            raise StatusRetrievalError("status lists are not fetched here")
        if url not in self._lists:
            self._count(url)
            self._lists[url] = self._environment.fetch_status(url)
        return self._lists[url]

    def fetch(self, url: str) -> bytes:
        """Return the bytes of a schema or related resource. Raises FetchError."""
        if self._environment.fetch is None:
            raise FetchRefusedError("related resources are not fetched here")
        self._count(url)
        return self._environment.fetch(url)

    def _count(self, url: str) -> None:
        if self._made >= self._environment.max_fetches:
            raise FetchRefusedError(
                f"{url[:80]} is one look-up more than the {self._environment.max_fetches} allowed"
            )
        self._made += 1
