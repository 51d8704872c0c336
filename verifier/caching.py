"""Copies of DID documents and status lists, kept for a while and shared by all workers through the database.

A document is fetched whole, by the URL that stands for everybody it speaks of, so its host learns neither who
is being checked nor when (threat H12). It is fetched again after its own `ttl` (never later than the
configuration says), by one thread of a process at a time. While its host is down, the copy is used up to an
age that the configuration allows, and the check is told (threats G10, H1, M4). A host that says there is
nothing is believed: then the copy goes, too. Only what looks like the document asked for is kept; whether it
is genuine is found out at each use, or a moment before (`KeptLists`). Not here: fetching, and any judgement.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Generic, TypeVar

from sqlalchemy import Column, LargeBinary, String, Table, delete, select

from runtime.database import Database
from vclib.datetimes import format_datetime, parse_datetime
from vclib.did import Fetch
from vclib.did.web import did_web_url
from vclib.errors import (
    ComplexityError,
    DIDError,
    FetchError,
    FetchNotFoundError,
    FetchRefusedError,
    MalformedError,
    MalformedValueError,
    StatusRetrievalError,
)
from vclib.strict_json import JSONObject, parse_json_object
from verifier.store import TABLES, insert_or_update

# A verifier knows few issuers. Without a trust file strangers name the URLs, so there is a bound.
_MAX_COPIES = 200
_MAX_IN_MEMORY = 64
# After a host did not answer, it is left alone this long.
_PAUSE = timedelta(seconds=15)
# A copy from the future was made under a wrong clock.
_CLOCK_SKEW = timedelta(minutes=1)
_FLIGHT_SECONDS = 60.0
_MAX_URL_CHARACTERS = 2000

_copies = Table(
    "fetched_documents",
    TABLES,
    Column("url", String(_MAX_URL_CHARACTERS), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("fetched", String(32), nullable=False, index=True),
)

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Ages:
    """After how long a copy is fetched again at the latest, and how old one may be while the host is down."""

    refresh: timedelta
    max_age: timedelta


@dataclass(frozen=True)
class OldCopy:
    """A copy that was used although it should have been fetched again: its host did not answer."""

    url: str
    fetched: datetime


@dataclass(frozen=True, eq=False)
class Copy:
    """What a URL answered, and when."""

    content: bytes
    fetched: datetime

    @cached_property
    def document(self) -> JSONObject:
        """The content as JSON, the same object each time; raises MalformedError, ComplexityError."""
        return parse_json_object(self.content)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.content).digest()


@dataclass(frozen=True)
class _Kind:
    """One kind of document: its ages, whether a copy is what was asked for, when it is to be renewed."""

    ages: Ages
    is_plausible: Callable[[str, JSONObject], bool]
    renewal: Callable[[Copy, timedelta], datetime]

    def is_fresh(self, copy: Copy, now: datetime) -> bool:
        return now < self.renewal(copy, self.ages.refresh) and copy.fetched <= now + _CLOCK_SKEW

    def may_be_used(self, copy: Copy, now: datetime) -> bool:
        return now - copy.fetched <= self.ages.max_age and copy.fetched <= now + _CLOCK_SKEW


class DocumentCache:
    """Copies of documents, in memory and in a database; safe for threads, shared by processes."""

    def __init__(self, database: Database, fetch: Fetch, *, status: Ages, dids: Ages) -> None:
        self._database = database
        self._fetch = fetch
        self._status = _Kind(status, _is_list_of, _list_renewal)
        self._dids = _Kind(dids, _is_document_of, lambda copy, refresh: copy.fetched + refresh)
        self._memory = _Bounded[Copy](_MAX_IN_MEMORY)
        self._paused = _Bounded[datetime](_MAX_IN_MEMORY)
        self._flights: dict[str, Future[tuple[Copy, bool]]] = {}
        self._lock = threading.Lock()

    def lookups(self, now: datetime) -> CachedLookups:
        """Return the look-ups of one check at `now`."""
        return CachedLookups(self, now)

    def oldest(self) -> tuple[datetime | None, datetime | None]:
        """Return when the oldest copy of a status list and of a DID document was fetched, None for none."""
        fetched: dict[bool, datetime] = {}
        with self._database.reading() as connection:
            rows = connection.execute(select(_copies.c.url, _copies.c.fetched).order_by(_copies.c.fetched))
            for url, moment in rows:
                # Where a did:web has its document: https://w3c-ccg.github.io/did-method-web/#read-resolve
                fetched.setdefault(url.endswith("/did.json"), parse_datetime(moment))
        return fetched.get(False), fetched.get(True)

    def status_list(self, url: str, now: datetime, old: list[OldCopy]) -> JSONObject:
        """Return the status list credential of a URL, unverified; adds to `old`.

        Raises StatusRetrievalError, FetchError.
        """
        if "?" in url or "#" in url:
            # Whatever is put there could tell the host which credential is being looked at (H12).
            raise StatusRetrievalError(f"the status list {url[:200]} has a query in its address")
        try:
            return self._read(url, self._status, now, old).document
        except (MalformedError, ComplexityError) as err:
            # What the list's host answers says nothing against the credential.
            raise StatusRetrievalError(f"the status list {url[:200]}: {err.message}") from err

    def did_document(self, url: str, now: datetime, old: list[OldCopy]) -> bytes:
        """Return what lies at the URL of a did:web; adds to `old`. Raises FetchError."""
        return self._read(url, self._dids, now, old).content

    def _read(self, url: str, kind: _Kind, now: datetime, old: list[OldCopy]) -> Copy:
        copy = self._memory.get(url)
        if copy is not None and kind.is_fresh(copy, now):
            return copy
        copy, answered = self._together(url, lambda: self._renew(url, kind, now))
        if not answered:
            old.append(OldCopy(url, copy.fetched))
        return copy

    def _together(self, url: str, renew: Callable[[], tuple[Copy, bool]]) -> tuple[Copy, bool]:
        """Let one thread renew a copy while the others wait for what becomes of it."""
        with self._lock:
            flight = self._flights.get(url)
            leads = flight is None
            if flight is None:
                flight = self._flights[url] = Future()
        if not leads:
            try:
                return flight.result(_FLIGHT_SECONDS)
            except TimeoutError as err:
                raise FetchError(f"{url[:200]} took longer than the time limit") from err
        try:
            renewed = renew()
        except BaseException as err:
            flight.set_exception(err)
            raise
        else:
            flight.set_result(renewed)
            return renewed
        finally:
            with self._lock:
                del self._flights[url]

    def _renew(self, url: str, kind: _Kind, now: datetime) -> tuple[Copy, bool]:
        """Return a copy, and whether it is as new as it should be: False where the host did not answer."""
        known = self._stored(url)
        if known is not None and kind.is_fresh(known, now):
            return known, True
        try:
            copy = Copy(self._fetch_unless_paused(url, now), now.replace(microsecond=0))
        except (FetchNotFoundError, FetchRefusedError):
            self._forget(url)
            raise
        except FetchError:
            if known is not None and kind.may_be_used(known, now):
                return known, False
            raise
        return self._keep(url, kind, copy), True

    def _fetch_unless_paused(self, url: str, now: datetime) -> bytes:
        until = self._paused.get(url)
        if until is not None and now < until <= now + _PAUSE:
            raise FetchError(f"{url[:200]} did not answer a moment ago")
        try:
            return self._fetch(url)
        except (FetchNotFoundError, FetchRefusedError):
            raise
        except FetchError:
            self._paused.put(url, now + _PAUSE)
            raise

    def _stored(self, url: str) -> Copy | None:
        with self._database.reading() as connection:
            row = connection.execute(select(_copies).where(_copies.c.url == url)).one_or_none()
        if row is None:
            return None
        return self._remember(url, Copy(bytes(row.content), parse_datetime(row.fetched)))

    def _keep(self, url: str, kind: _Kind, copy: Copy) -> Copy:
        try:
            plausible = kind.is_plausible(url, copy.document)
        except (MalformedError, ComplexityError):
            plausible = False
        if not plausible or len(url) > _MAX_URL_CHARACTERS:
            # Whoever asked finds out what is wrong with it; no good copy is lost for it.
            return copy
        values: dict[str, object] = {
            "url": url,
            "content": copy.content,
            "fetched": format_datetime(copy.fetched),
        }
        with self._database.writing() as connection:
            newer = _copies.c.fetched <= values["fetched"]
            connection.execute(insert_or_update(connection, _copies, values, key="url", only_if=newer))
            newest = (
                select(_copies.c.url).order_by(_copies.c.fetched.desc(), _copies.c.url).limit(_MAX_COPIES)
            )
            connection.execute(delete(_copies).where(_copies.c.url.not_in(newest)))
            oldest = copy.fetched - max(self._status.ages.max_age, self._dids.ages.max_age)
            connection.execute(delete(_copies).where(_copies.c.fetched < format_datetime(oldest)))
        return self._remember(url, copy)

    def _remember(self, url: str, copy: Copy) -> Copy:
        """Keep a copy in memory: an unchanged document stays the same object, with what is known of it."""
        known = self._memory.get(url)
        if known is not None and known.digest == copy.digest:
            copy.__dict__["document"] = known.document
        self._memory.put(url, copy)
        return copy

    def _forget(self, url: str) -> None:
        self._memory.drop(url)
        with self._database.writing() as connection:
            connection.execute(delete(_copies).where(_copies.c.url == url))


@dataclass(frozen=True)
class CachedLookups:
    """The look-ups of one check: `old` tells which copies were used because their hosts did not answer."""

    cache: DocumentCache
    now: datetime
    old: list[OldCopy] = field(default_factory=list)

    def status_list(self, url: str) -> JSONObject:
        """Return a status list credential, unverified; raises StatusRetrievalError, FetchError."""
        return self.cache.status_list(url, self.now, self.old)

    def did_document(self, url: str) -> bytes:
        """Return what lies at the URL of a did:web; raises FetchError."""
        return self.cache.did_document(url, self.now, self.old)


class _Bounded(Generic[_Value]):
    """The values that were used last, by key; safe for threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> _Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: _Value) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)

    def drop(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)


def _is_list_of(url: str, document: JSONObject) -> bool:
    return document.get("id") == url


def _is_document_of(url: str, document: JSONObject) -> bool:
    did = document.get("id")
    try:
        return isinstance(did, str) and did_web_url(did) == url
    except DIDError:
        return False


def _list_renewal(copy: Copy, refresh: timedelta) -> datetime:
    """Return when a list is to be fetched again: after its `ttl`, when it ends, or as configured.

    What it says of itself is not verified here, and can only make it be fetched earlier.
    """
    moments = [copy.fetched + refresh]
    subject = copy.document.get("credentialSubject")
    members: Mapping[str, object] = subject if isinstance(subject, dict) else MappingProxyType({})
    ttl = members.get("ttl")
    longest = refresh / timedelta(milliseconds=1)
    if isinstance(ttl, int) and not isinstance(ttl, bool) and 0 <= ttl < longest:
        moments.append(copy.fetched + timedelta(milliseconds=ttl))
    # Without one, and with one that the verification will refuse, the others count.
    with contextlib.suppress(MalformedValueError):
        moments.append(parse_datetime(copy.document.get("validUntil")))
    return min(moments)
