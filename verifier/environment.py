"""Where a verifier looks things up: one environment for each check, with its moment.

The same for verdicts (`verifier.service`) and for verification results (`verifier.vc_service`): the contexts
of known types, whom to ask nothing about (threat G11), lists and DID documents at hand, kept or fetched. Not
here: any decision on what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from health import CONTEXT_SEQUENCES
from health.formats import Revocations
from health.trust import Signers
from vclib.did import Fetch, resolver
from vclib.environment import ListMemory
from vclib.errors import ComplexityError, MalformedError, StatusRetrievalError
from vclib.policy import Reason, TrustedIssuers
from vclib.status import StatusResult
from vclib.strict_json import JSONObject, parse_json_object
from vclib.verification import CredentialOutcome, Environment, VerifiedCredential

if TYPE_CHECKING:
    # A check of files alone keeps no copies, and a database takes longer to load than a check.
    from verifier.caching import DocumentCache, OldCopy


@dataclass(frozen=True)
class TrustNow:
    """Whom a verifier trusts at one moment: the issuers of credentials, and the signers of paper codes.

    Either is None where nobody was said to be trusted. `marks` are reasons that every result carries (threat
    I6).
    """

    issuers: TrustedIssuers | None
    signers: Signers | None
    marks: tuple[Reason, ...] = ()


class Trust(Protocol):
    """Whom a verifier trusts, which may change."""

    def now(self) -> TrustNow:
        """Return whom it trusts at this moment."""
        ...


class WithdrawnPaper(Protocol):
    """What a verifier knows of paper codes that were withdrawn, as it is when asked."""

    def at(self, now: datetime) -> tuple[Revocations | None, tuple[Reason, ...]]:
        """Return the lists, None where there are none, and what is to be said of their age."""
        ...


@dataclass(frozen=True)
class Sources:
    """Who is trusted, and where documents come from.

    `status_lists` are at hand, by their id. Others are read through `documents`, which keeps copies, or else
    by `fetch`; that also reads related resources and schemas. Without either nothing is fetched. `trust`
    gives who is trusted as it is when asked, in place of `trusted`.
    """

    trusted: TrustedIssuers | None = None
    status_lists: Mapping[str, JSONObject] = field(default_factory=lambda: MappingProxyType({}))
    fetch: Fetch | None = None
    documents: DocumentCache | None = None
    list_memory: ListMemory | None = None
    trust: Trust | None = None

    def at(self, now: datetime) -> tuple[Environment, Sequence[OldCopy]]:
        """Return the environment of one check, and where the old copies that it used will be found."""
        fetch_did, fetch_list, old = self._lookups(now)
        environment = Environment(
            resolver(fetch=fetch_did),
            now,
            context_sequences=CONTEXT_SEQUENCES,
            fetch_status=lambda url: self._status_list(url, fetch_list),
            fetch=self.fetch,
            list_memory=self.list_memory,
        )
        trusted = self.trusted if self.trust is None else self.trust.now().issuers
        if trusted is None:
            return environment, old
        # A stranger's credential causes no look-up: its issuer is looked at first (threat G11).
        return (
            replace(
                environment,
                issuer_keys=trusted.dids_of,
                is_issuer_acceptable=trusted.is_known,
            ),
            old,
        )

    def _lookups(
        self, now: datetime
    ) -> tuple[Fetch | None, Callable[[str], JSONObject] | None, Sequence[OldCopy]]:
        if self.documents is not None:
            lookups = self.documents.lookups(now)
            return lookups.did_document, lookups.status_list, lookups.old
        return self.fetch, None if self.fetch is None else self._fetched_list, ()

    def _status_list(self, url: str, fetch_list: Callable[[str], JSONObject] | None) -> JSONObject:
        if url in self.status_lists:
            return self.status_lists[url]
        if fetch_list is None or not url.startswith(("https:", "http:")):
            raise StatusRetrievalError(f"the status list {url[:200]} is not at hand")
        return fetch_list(url)

    def _fetched_list(self, url: str) -> JSONObject:
        if self.fetch is None:
            raise StatusRetrievalError(f"the status list {url[:200]} is not at hand")
        try:
            return parse_json_object(self.fetch(url))
        except (MalformedError, ComplexityError) as err:
            # What the list's host answers says nothing against the credential.
            raise StatusRetrievalError(f"the status list {url[:200]}: {err.message}") from err


def older_lists(
    outcomes: Sequence[CredentialOutcome], note: Callable[[str, datetime], bool]
) -> list[StatusResult]:
    """Note the dates of the lists that were used; return the results of those that had been newer (H7)."""
    results = [
        status
        for outcome in outcomes
        if isinstance(outcome, VerifiedCredential)
        for status in outcome.status
        if isinstance(status, StatusResult)
    ]
    return [
        result
        for result in results
        if result.list_valid_from is not None and not note(result.list_url, result.list_valid_from)
    ]
