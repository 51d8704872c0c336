"""A recovery phrase opens the wallet and backups made with it; what is not the phrase changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wallet.conftest import CHEAP, PASSPHRASE, outcomes
from tests.wallet.test_phrases import PHRASE, PUBLISHED
from tests.world import VACCINATION, Person, World
from vclib.did import resolver
from vclib.errors import SealingError, StoreError
from wallet.holder import Holder
from wallet.phrases import PhraseError
from wallet.recovery import check_answers, places_to_ask
from wallet.store import has_recovery_phrase

OTHER = PUBLISHED[1]


def by_phrase(holder: Holder, world: World, phrase: str) -> Holder:
    return Holder.open_by_phrase(holder.path, phrase, resolve=resolver(), clock=lambda: world.clock.now)


@pytest.fixture
def with_phrase(holder: Holder) -> Holder:
    holder.recovery.set(PHRASE, parameters=CHEAP)
    return holder


def test_the_phrase_opens_the_wallet_whose_passphrase_is_forgotten(
    world: World, with_phrase: Holder, anna: Person
) -> None:
    with_phrase.add_credential(world.mint(VACCINATION, anna))
    with_phrase.close()
    assert has_recovery_phrase(with_phrase.path)
    with by_phrase(with_phrase, world, f" {PHRASE.upper()} ") as opened:
        assert len(opened.credentials()) == 1
        opened.change_passphrase("another passphrase", parameters=CHEAP)
    with Holder.open(
        with_phrase.path, "another passphrase", resolve=resolver(), clock=lambda: world.clock.now
    ) as opened:
        assert opened.recovery.is_set
        assert outcomes(opened)[0] == ("new-key", "done")
        assert ("phrase", "done") in outcomes(opened)


@pytest.mark.parametrize(
    ("phrase", "error", "message"),
    [
        (PHRASE.replace("grab", "grabb"), PhraseError, "word 3"),
        (PHRASE.replace("grab", "cage"), PhraseError, "the order is wrong"),
        (OTHER, SealingError, "they are not those of this wallet"),
    ],
)
def test_other_words_open_nothing_and_change_nothing(
    world: World, with_phrase: Holder, phrase: str, error: type[SealingError], message: str
) -> None:
    """K11."""
    with_phrase.close()
    before = with_phrase.path.read_bytes()
    with pytest.raises(error, match=message):
        by_phrase(with_phrase, world, phrase)
    assert with_phrase.path.read_bytes() == before


def test_a_wallet_without_a_phrase_says_so(world: World, holder: Holder) -> None:
    holder.close()
    assert not has_recovery_phrase(holder.path)
    with pytest.raises(StoreError, match="has no recovery phrase"):
        by_phrase(holder, world, PHRASE)


def test_a_new_phrase_takes_the_place_of_the_old_one(world: World, with_phrase: Holder) -> None:
    with_phrase.recovery.set(OTHER, parameters=CHEAP)
    with_phrase.close()
    with pytest.raises(SealingError, match="not those of this wallet"):
        by_phrase(with_phrase, world, PHRASE)
    by_phrase(with_phrase, world, OTHER).close()


def test_a_phrase_that_was_taken_away_opens_nothing_and_the_file_is_as_before(
    world: World, with_phrase: Holder
) -> None:
    with_phrase.recovery.remove()
    with pytest.raises(StoreError, match="has no recovery phrase"):
        with_phrase.recovery.remove()
    with_phrase.close()
    with pytest.raises(StoreError, match="has no recovery phrase"):
        by_phrase(with_phrase, world, PHRASE)
    Holder.open(with_phrase.path, PASSPHRASE, resolve=resolver(), clock=lambda: world.clock.now).close()


def test_the_phrase_is_nowhere_in_the_file(with_phrase: Holder) -> None:
    """K1, K8."""
    with_phrase.close()
    content = with_phrase.path.read_bytes()
    assert not any(word.encode() in content for word in PHRASE.split())


def test_an_older_phrase_put_back_into_the_file_is_noticed(
    world: World, with_phrase: Holder, tmp_path: Path
) -> None:
    """K2: whoever had the old words and an old copy does not get their place back in the new file."""

    path = with_phrase.path
    with_phrase.close()
    with sqlite3.connect(path) as connection:
        (old,) = connection.execute("SELECT sealed FROM recovery").fetchone()
    with by_phrase(with_phrase, world, PHRASE) as opened:
        opened.recovery.set(OTHER, parameters=CHEAP)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE recovery SET sealed = ?", (old,))
    with pytest.raises(StoreError, match="altered or damaged"):
        by_phrase(with_phrase, world, PHRASE)
    with pytest.raises(StoreError, match="altered or damaged"):
        Holder.open(path, PASSPHRASE, resolve=resolver(), clock=lambda: world.clock.now)


def test_a_backup_made_with_the_phrase_is_restored_by_it_on_another_computer(
    world: World, with_phrase: Holder, anna: Person, make_holder: Callable[[str], Holder]
) -> None:
    """K10."""
    with_phrase.add_credential(world.mint(VACCINATION, anna))
    sealed = with_phrase.make_backup(f" {PHRASE.title()}", parameters=CHEAP)
    elsewhere = make_holder("second.ddcc")
    before = elsewhere.saves
    with pytest.raises(PhraseError, match="word 3"):
        Holder.check_backup(sealed, PHRASE.replace("grab", "grabb"))
    assert elsewhere.saves == before
    assert elsewhere.restore(sealed, PHRASE).credentials == 1


def test_no_backup_is_made_with_words_that_are_not_on_the_paper(with_phrase: Holder) -> None:
    for typed, message in ((OTHER, "not those of this wallet"), (PHRASE.replace("grab", "cage"), "order")):
        with pytest.raises(SealingError, match=message):
            with_phrase.make_backup(typed, parameters=CHEAP)


def test_words_are_asked_back_by_their_places() -> None:
    places = places_to_ask()
    assert len(set(places)) == 3
    assert list(places) == sorted(places)
    words = PHRASE.split()
    check_answers(PHRASE, (1, 5, 12), (f" {words[0].upper()} ", words[4], words[11]))
    with pytest.raises(PhraseError, match="word 5 is another one"):
        check_answers(PHRASE, (1, 5, 12), (words[0], words[5], words[11]))
