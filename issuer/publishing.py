"""Publishing status lists: a new one before anybody needs it, another version whenever a value changes.

What is published lives in the database, so every worker and every machine serves the same. A list is signed
before the transaction that publishes it; that transaction goes through only if the list still has the
version that was read, otherwise all is done again, so of two changes made at once neither is lost. Who
loses that race several times signs under the list's lock, which holds up only other changes of the same
list.

Where no service serves the lists, a file of each is written in the same transaction: a list that cannot be
written leaves the status as it was. Not here: whose position is whose, and what a change means (`service`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.lists import (
    LIST_LENGTH,
    MAX_USED,
    file_content,
    list_file_name,
    list_name,
    list_url,
    signed_list,
    values_of,
)
from issuer.store import IssuerReading, IssuerStore, IssuerWriting, PublishedList, SignedList, StatusList
from runtime.atomic import write_file
from vclib.errors import ConfigurationError, StoreError
from vclib.status import StatusList as Values
from vclib.status import new_status_list

# How often a change is prepared without a lock before it is prepared under one.
_TRIES = 3
_BEGIN_TRIES = 10
# A list is signed anew when less than this part of its time is left.
_LAST_PART = 3


class ListPublisher:
    """Signs and publishes the status lists of one issuer."""

    def __init__(self, config: IssuerConfig, store: IssuerStore, keys: IssuerKeys | None) -> None:
        self._config = config
        self._store = store
        self._keys = keys

    def lists_with_room(self, purposes: Sequence[str], *, now: datetime) -> Mapping[str, StatusList]:
        """Return a list with free positions for each purpose, begun and published where there is none."""
        return {purpose: self._with_room(purpose, now) for purpose in purposes}

    def begin_another(
        self,
        purpose: str,
        *,
        now: datetime,
        details: Mapping[str, str],
        also: Callable[[IssuerWriting, StatusList], None] | None = None,
    ) -> StatusList:
        """Begin and publish a list even if the newest one has room; `details` go into the audit log.

        `also` is done in the same transaction.
        """
        for _ in range(_BEGIN_TRIES):
            with self._store.reading() as reading:
                before = reading.lists.newest(purpose)
            begun = self._begin(purpose, before, now, details, also)
            if begun is not None:
                return begun
        raise StoreError(f"others keep beginning {purpose} lists; nothing was changed")

    def publish_missing(self, *, now: datetime) -> None:
        """Publish the lists of which this database has only the register: an older program wrote files."""
        with self._store.reading() as reading:
            missing = reading.lists.unpublished()
            registered = {each.list_id: _registered(reading, each) for each in missing}
        for each in missing:
            signed = self._sign(each.purpose, each.url, registered[each.list_id], now)
            with self._store.writing() as work:
                work.lock()
                if each in work.lists.unpublished():
                    work.lists.publish_first(each.list_id, signed)

    def _with_room(self, purpose: str, now: datetime) -> StatusList:
        for _ in range(_BEGIN_TRIES):
            with self._store.reading() as reading:
                found = reading.lists.newest_shared(purpose)
                if found is not None and found.used < MAX_USED:
                    return found
                before = reading.lists.newest(purpose)
            begun = self._begin(purpose, before, now, None)
            if begun is not None:
                return begun
        raise StoreError(f"others keep beginning {purpose} lists; nothing was changed")

    def _begin(
        self,
        purpose: str,
        before: StatusList | None,
        now: datetime,
        details: Mapping[str, str] | None,
        also: Callable[[IssuerWriting, StatusList], None] | None = None,
    ) -> StatusList | None:
        """Begin and publish the list after `before`; None where another writer was faster."""
        number = before.number + 1 if before is not None else 1
        name = list_name(purpose, number)
        url = list_url(self._config, name)
        # A verifier must find a list as soon as a credential names it.
        signed = self._sign(purpose, url, new_status_list(LIST_LENGTH), now)
        with self._store.writing() as work:
            work.lock()
            newest = work.lists.newest(purpose)
            if newest is not None and newest.number >= number:
                return None
            begun = work.lists.begin(purpose, number, name=name, url=url, length=LIST_LENGTH)
            work.lists.publish_first(begun.list_id, signed)
            if also is not None:
                also(work, begun)
            if details is not None:
                work.audit("list", {"list": name, **details}, now=now)
            self._write_file(begun, signed)
        return begun

    def change(
        self,
        list_id: int,
        values: Mapping[int, int],
        decide: Callable[[IssuerWriting], None],
        *,
        now: datetime,
    ) -> None:
        """Publish a list with other values, in one transaction with what `decide` does and may refuse."""
        self._replace(list_id, lambda _, before: values_of(before.signed).set_all(values), decide, now=now)

    def served(self, name: str, *, now: datetime) -> PublishedList | None:
        """Return what is published under a name, if anything; signed anew if its time is nearly over."""
        with self._store.reading() as reading:
            found = reading.lists.published_as(name)
        if found is None or not self._is_near_its_end(found.signed, now):
            return found
        signed = self._signed(found, values_of(found.signed), now)
        with self._store.writing() as work:
            # Whoever was faster has published a list that is at least as new.
            work.lists.publish(found.status_list.list_id, signed, expected=found.version)
            return work.lists.published(found.status_list.list_id)

    def publish_all(self, *, now: datetime) -> list[Path]:
        """Sign all lists anew from the register of positions, and write their files; give the paths."""
        with self._store.reading() as reading:
            lists = reading.lists.all()
        paths = [
            self._replace(each.list_id, _register_of, lambda _: None, now=now, with_file=True)
            for each in lists
        ]
        with self._store.writing() as work:
            work.audit("publish", {"lists": str(len(paths))}, now=now)
        return [path for path in paths if path is not None]

    def _replace(
        self,
        list_id: int,
        values: Callable[[IssuerReading, PublishedList], Values],
        decide: Callable[[IssuerWriting], None],
        *,
        now: datetime,
        with_file: bool = False,
    ) -> Path | None:
        self.publish_missing(now=now)
        for _ in range(_TRIES):
            with self._store.reading() as reading:
                before = reading.lists.published(list_id)
                wanted = values(reading, before)
            signed = self._signed(before, wanted, now)
            with self._store.writing() as work:
                if work.lists.publish(list_id, signed, expected=before.version):
                    work.lock()
                    decide(work)
                    return self._write_file(before.status_list, signed, always=with_file)
        with self._store.writing() as work:
            before = work.lists.lock_published(list_id)
            signed = self._signed(before, values(work, before), now)
            work.lists.publish(list_id, signed, expected=before.version)
            work.lock()
            decide(work)
            return self._write_file(before.status_list, signed, always=with_file)

    def _signed(self, before: PublishedList, values: Values, now: datetime) -> SignedList:
        each = before.status_list
        # Two machines' clocks differ a little; a newer version must never look older (threat H7).
        return self._sign(each.purpose, each.url, values, max(now, before.signed.valid_from))

    def _sign(self, purpose: str, url: str, values: Values, moment: datetime) -> SignedList:
        if self._keys is None:
            raise ConfigurationError("the issuer's keys are needed for this and were not opened")
        return signed_list(
            purpose=purpose,
            url=url,
            values=values,
            config=self._config,
            keys=self._keys,
            valid_from=moment.replace(microsecond=0),
        )

    def _is_near_its_end(self, signed: SignedList, now: datetime) -> bool:
        left: timedelta = signed.valid_until - now
        return self._keys is not None and left * _LAST_PART < signed.valid_until - signed.valid_from

    def _write_file(
        self, status_list: StatusList, signed: SignedList, *, always: bool = False
    ) -> Path | None:
        if self._config.serves_lists and not always:
            return None
        path = self._config.status_folder / list_file_name(status_list.name)
        write_file(path, file_content(signed), mode=0o644)
        return path


def _register_of(reading: IssuerReading, before: PublishedList) -> Values:
    return _registered(reading, before.status_list)


def _registered(reading: IssuerReading, status_list: StatusList) -> Values:
    """Return the values of a list as the register of positions has them, whatever is published."""
    positions = reading.lists.set_positions(status_list.list_id)
    return new_status_list(status_list.length).set_all(dict.fromkeys(positions, 1))
