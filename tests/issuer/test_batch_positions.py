"""Positions of a batch: each is dealt once, and none is likelier than another."""

from __future__ import annotations

import random
from collections import Counter

from issuer.batch_positions import Deck
from issuer.store import StatusList


def test_positions_are_dealt_once_each_and_drawn_at_random() -> None:
    deck = Deck(StatusList(1, "revocation", 1, "r-1", "https://issuer.example/r-1", 12, 0), list(range(12)))
    randomness = random.Random(7)
    dealt = [position for number in (5, 0, 4, 3) for position in deck.deal(number, randomness)]
    assert sorted(dealt) == list(range(12))
    # Without drawing they would be dealt from the end.
    assert dealt != [*range(7, 12), *range(3, 7), *range(3)]
    assert deck.free == []


def test_each_position_is_as_likely_to_be_dealt_as_another() -> None:
    status_list = StatusList(1, "revocation", 1, "r-1", "https://issuer.example/r-1", 8, 0)
    randomness = random.Random(7)
    drawn = Counter(Deck(status_list, list(range(8))).deal(2, randomness)[0] for _ in range(8000))
    assert all(900 < drawn[position] < 1100 for position in range(8))
