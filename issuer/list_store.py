"""What the database knows of status lists: whose position is whose, what stands there, what is published.

Part of a transaction of `issuer.store`. Two rules keep many writers apart. A position is taken by inserting
it under a unique key. A published list is replaced only if it still has the version that the new one was
made from, so of two changes made at once neither is lost. Not here: signing lists (`lists`), when to
(`publishing`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update

from issuer.batch_tables import batch_lists
from issuer.tables import published_lists, status_entries, status_lists
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import StoreError

# At half full every second try meets a free position; this many taken ones in a row mean something is wrong.
_TRIES = 1000


@dataclass(frozen=True)
class StatusList:
    """One status list: its published URL, and how many of its `length` positions are taken."""

    list_id: int
    purpose: str
    number: int
    name: str
    url: str
    length: int
    used: int


@dataclass(frozen=True)
class StatusPosition:
    """The place of one credential in one status list, and what stands there."""

    status_list: StatusList
    position: int
    value: int = 0
    reason: str | None = None
    changed: datetime | None = None


@dataclass(frozen=True)
class SignedList:
    """A signed status list credential (JSON text) and the period it is valid for."""

    document: str
    valid_from: datetime
    valid_until: datetime

    @property
    def etag(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.document.encode()).hexdigest()


@dataclass(frozen=True)
class PublishedList:
    """What is published of one list; every change counts `version` up by one."""

    status_list: StatusList
    signed: SignedList
    version: int


class ListReading:
    """What can be asked of status lists inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[StatusList, ...]:
        """Return all status lists, oldest first."""
        rows = self._connection.execute(select(status_lists).order_by(status_lists.c.list_id))
        return tuple(status_list_of(row) for row in rows)

    def newest(self, purpose: str) -> StatusList | None:
        """Return the list of `purpose` that was begun last."""
        number = select(func.max(status_lists.c.number)).where(status_lists.c.purpose == purpose)
        chosen = select(status_lists).where(
            status_lists.c.purpose == purpose, status_lists.c.number == number.scalar_subquery()
        )
        row = self._connection.execute(chosen).one_or_none()
        return status_list_of(row) if row is not None else None

    def newest_shared(self, purpose: str) -> StatusList | None:
        """Return the list of `purpose` begun last that no batch takes positions in."""
        of_batch = exists().where(batch_lists.c.list_id == status_lists.c.list_id)
        chosen = select(status_lists).where(status_lists.c.purpose == purpose, ~of_batch)
        newest = chosen.order_by(status_lists.c.number.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return status_list_of(row) if row is not None else None

    def by_url(self, url: str) -> StatusList | None:
        """Return the list that is published at `url`."""
        row = self._connection.execute(select(status_lists).where(status_lists.c.url == url)).one_or_none()
        return status_list_of(row) if row is not None else None

    def published(self, list_id: int) -> PublishedList:
        """Return what is published of a list; StoreError where there is no such list."""
        row = self._connection.execute(_PUBLISHED.where(status_lists.c.list_id == list_id)).one_or_none()
        if row is None:
            raise StoreError(f"no status list {list_id} is published")
        return _published(row)

    def published_as(self, name: str) -> PublishedList | None:
        """Return what is published of the list with this name, e.g. "revocation-1"."""
        chosen = _PUBLISHED.where(status_lists.c.name == name)
        row = self._connection.execute(chosen).one_or_none()
        return _published(row) if row is not None else None

    def unpublished(self) -> tuple[StatusList, ...]:
        """Return the lists of which nothing is published."""
        published = exists().where(published_lists.c.list_id == status_lists.c.list_id)
        return tuple(
            status_list_of(row) for row in self._connection.execute(select(status_lists).where(~published))
        )

    def positions(self, record_id: str) -> tuple[StatusPosition, ...]:
        """Return the status entries of one credential, revocation before suspension."""
        rows = self._connection.execute(
            select(status_entries, status_lists)
            .join(status_lists, status_lists.c.list_id == status_entries.c.list_id)
            .where(status_entries.c.record_id == record_id)
            .order_by(status_entries.c.purpose)
        )
        return tuple(_position(row) for row in rows)

    def set_positions(self, list_id: int) -> Sequence[int]:
        """Return the positions of a list whose value is not 0."""
        chosen = select(status_entries.c.position).where(
            status_entries.c.list_id == list_id, status_entries.c.value != 0
        )
        return self._connection.execute(chosen.order_by(status_entries.c.position)).scalars().all()

    def choose(
        self,
        lists: Sequence[StatusList],
        *,
        without: Mapping[int, Collection[int]] = MappingProxyType({}),
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> tuple[StatusPosition, ...]:
        """Return a random position of each list that is free and not in `without`, by list id.

        It is not taken by that: another writer may be faster, which `taken` tells (threat H9).
        """
        found: dict[int, StatusPosition] = {}
        for _ in range(_TRIES):
            tried = [
                StatusPosition(each, random_below(each.length)) for each in lists if each.list_id not in found
            ]
            taken = self.taken(tried)
            for entry in tried:
                place = (entry.status_list.list_id, entry.position)
                if place not in taken and entry.position not in without.get(place[0], ()):
                    found[place[0]] = entry
            if len(found) == len(lists):
                return tuple(found[each.list_id] for each in lists)
        full = next(each for each in lists if each.list_id not in found)
        raise StoreError(f"the status list {full.url} has no free position")

    def taken(self, entries: Sequence[StatusPosition]) -> set[tuple[int, int]]:
        """Return which of these positions are taken, each as (list id, position)."""
        if not entries:
            return set()
        wanted = [
            and_(
                status_entries.c.list_id == each.status_list.list_id,
                status_entries.c.position == each.position,
            )
            for each in entries
        ]
        rows = self._connection.execute(
            select(status_entries.c.list_id, status_entries.c.position).where(or_(*wanted))
        )
        return {(row.list_id, row.position) for row in rows}

    def count(self, list_id: int) -> int:
        """Return how many positions of a list are taken, counted one by one."""
        chosen = select(func.count()).where(status_entries.c.list_id == list_id)
        return int(self._connection.execute(chosen).scalar_one())


class ListWriting(ListReading):
    """What can be asked of and done to status lists inside one transaction that writes."""

    def begin(self, purpose: str, number: int, *, name: str, url: str, length: int) -> StatusList:
        """Add an empty list; StoreError where another has its name, number or URL."""
        result = self._connection.execute(
            insert(status_lists).values(
                purpose=purpose, number=number, name=name, url=url, length=length, used=0
            )
        )
        (list_id,) = result.inserted_primary_key or (0,)
        return StatusList(list_id, purpose, number, name, url, length, 0)

    def publish_first(self, list_id: int, signed: SignedList) -> None:
        """Publish a list that was just begun."""
        self._connection.execute(
            insert(published_lists).values(list_id=list_id, version=1, **_signed_values(signed))
        )

    def publish(self, list_id: int, signed: SignedList, *, expected: int) -> bool:
        """Publish a list in place of version `expected`; False where another has been published meanwhile."""
        result = self._connection.execute(
            update(published_lists)
            .where(published_lists.c.list_id == list_id, published_lists.c.version == expected)
            .values(version=expected + 1, **_signed_values(signed))
        )
        return result.rowcount == 1

    def lock_published(self, list_id: int) -> PublishedList:
        """Return what is published and keep all others from changing it until the transaction ends."""
        chosen = select(published_lists.c.list_id).where(published_lists.c.list_id == list_id)
        self._connection.execute(chosen.with_for_update()).all()
        return self.published(list_id)

    def take(self, record_id: str, entries: Sequence[StatusPosition]) -> None:
        """Take positions for a record; StoreError where one is taken already."""
        if not entries:
            return
        rows = [
            {
                "list_id": each.status_list.list_id,
                "position": each.position,
                "record_id": record_id,
                "purpose": each.status_list.purpose,
                "value": each.value,
            }
            for each in entries
        ]
        # A record has one position in a list, so each list is counted up by one.
        lists = [each.status_list.list_id for each in entries]
        self._connection.execute(insert(status_entries).values(rows))
        self._connection.execute(
            update(status_lists).where(status_lists.c.list_id.in_(lists)).values(used=status_lists.c.used + 1)
        )

    def set_value(
        self, record_id: str, purpose: str, value: int, *, reason: str | None, now: datetime
    ) -> None:
        """Change one status entry."""
        self._connection.execute(
            update(status_entries)
            .where(status_entries.c.record_id == record_id, status_entries.c.purpose == purpose)
            .values(value=value, reason=reason, changed=format_datetime(now))
        )


_PUBLISHED = select(status_lists, published_lists).join(
    published_lists, published_lists.c.list_id == status_lists.c.list_id
)


def status_list_of(row: Row[tuple[object, ...]]) -> StatusList:
    """Return the list of a row of `status_lists`."""
    return StatusList(row.list_id, row.purpose, row.number, row.name, row.url, row.length, row.used)


def _position(row: Row[tuple[object, ...]]) -> StatusPosition:
    changed = parse_datetime(row.changed) if row.changed else None
    return StatusPosition(status_list_of(row), row.position, row.value, row.reason, changed)


def _published(row: Row[tuple[object, ...]]) -> PublishedList:
    signed = SignedList(row.document, parse_datetime(row.valid_from), parse_datetime(row.valid_until))
    return PublishedList(status_list_of(row), signed, row.version)


def _signed_values(signed: SignedList) -> dict[str, str]:
    return {
        "document": signed.document,
        "etag": signed.etag,
        "valid_from": format_datetime(signed.valid_from),
        "valid_until": format_datetime(signed.valid_until),
    }
