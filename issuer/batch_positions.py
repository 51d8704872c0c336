"""The status positions that a batch takes: all of a list's, in a random order, and nobody else's.

Batches have lists of their own, one batch at a time in each (docs/decisions/0341-lists-of-batches.md). So a
position that was chosen cannot be taken by another writer while thousands are being signed, and a list can
be filled to the last position: positions are dealt from a deck that is shuffled as far as it is dealt, which
says as little about the order of minting as drawing at random does. After a crash the deck is made anew from
what the database says is taken. Not here: taking positions for good (`batch_store`).
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from issuer import batch_store
from issuer.publishing import ListPublisher
from issuer.store import IssuerStore, IssuerWriting, StatusList


@dataclass
class Deck:
    """A list, and its free positions, in no order that matters: which is next is drawn when it is dealt."""

    status_list: StatusList
    free: list[int]

    def deal(self, number: int, randomness: random.Random) -> tuple[int, ...]:
        """Take so many out, drawn at random.

        This is the shuffle of Fisher and Yates as far as it is needed: a whole list takes a second, in which
        nobody could sign yet.
        """
        rest = len(self.free) - number
        for last in range(len(self.free) - 1, rest - 1, -1):
            drawn = randomness.randrange(last + 1)
            self.free[last], self.free[drawn] = self.free[drawn], self.free[last]
        dealt = tuple(self.free[rest:])
        del self.free[rest:]
        return dealt


class PositionPool:
    """Deals positions of lists that belong to one batch."""

    def __init__(
        self,
        batch_id: str,
        store: IssuerStore,
        publisher: ListPublisher,
        purposes: Sequence[str],
        randomness: random.Random | None = None,
    ) -> None:
        self._batch_id = batch_id
        self._store = store
        self._publisher = publisher
        self._purposes = tuple(purposes)
        # Predictable positions would tell who was minted next to whom.
        self._randomness = randomness or secrets.SystemRandom()
        self._decks: dict[str, list[Deck]] = {purpose: [] for purpose in self._purposes}
        self._is_ready = False

    def take(
        self, number: int, *, now: datetime
    ) -> tuple[tuple[StatusList, ...], tuple[tuple[int, ...], ...]]:
        """Return for each purpose a list, and so many of its free positions; begins lists where needed."""
        if not self._is_ready:
            for purpose in self._purposes:
                with self._store.reading() as reading:
                    own = batch_store.lists_of(reading, self._batch_id, purpose)
                self._decks[purpose] = [self._deck(each) for each in own]
            self._is_ready = True
        decks = [self._with_room(purpose, number, now) for purpose in self._purposes]
        dealt = tuple(deck.deal(number, self._randomness) for deck in decks)
        return tuple(deck.status_list for deck in decks), dealt

    def give_back(
        self, lists: Sequence[StatusList], positions: Sequence[tuple[int, ...]], *, after: int
    ) -> None:
        """Take back those positions of a part, after so many, that no credential needed."""
        for each, dealt in zip(lists, positions, strict=True):
            for deck in self._decks[each.purpose]:
                if deck.status_list.list_id == each.list_id:
                    deck.free.extend(dealt[after:])

    def leave_out_taken(self) -> None:
        """Leave out what somebody else has taken after all, e.g. by naming a list of ours in the VC API."""
        for decks in self._decks.values():
            for deck in decks:
                with self._store.reading() as reading:
                    taken = set(batch_store.taken_positions(reading, deck.status_list.list_id))
                deck.free = [position for position in deck.free if position not in taken]

    def _with_room(self, purpose: str, number: int, now: datetime) -> Deck:
        decks = self._decks[purpose]
        for deck in decks:
            if len(deck.free) >= number:
                return deck
        decks.append(self._deck(self._another(purpose, number, now)))
        return decks[-1]

    def _another(self, purpose: str, number: int, now: datetime) -> StatusList:
        """Return a list that an earlier batch left with room, or a new one."""
        with self._store.reading() as reading:
            left = batch_store.lists_of(reading, None, purpose)
        for each in left:
            if each.length - each.used >= number:
                with self._store.writing() as work:
                    if batch_store.use_list(work, each.list_id, self._batch_id):
                        return each

        def use(work: IssuerWriting, begun: StatusList) -> None:
            batch_store.use_list(work, begun.list_id, self._batch_id, is_new=True)

        return self._publisher.begin_another(purpose, now=now, details={"batch": self._batch_id}, also=use)

    def _deck(self, status_list: StatusList) -> Deck:
        with self._store.reading() as reading:
            taken = set(batch_store.taken_positions(reading, status_list.list_id))
        return Deck(status_list, [place for place in range(status_list.length) if place not in taken])
