"""A backup holds everything, shows nothing, and is told apart from the wallet that it was made of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runtime.sealing import seal
from tests.wallet.conftest import CHEAP, PASSPHRASE, VENUE_REQUEST
from tests.world import TEST, VACCINATION, Person, World
from vclib.errors import MalformedValueError, ProofGenerationError, SealingError
from wallet.holder import Holder
from wallet.padding import pad

# --- single use, backup, restore ----------------------------------------------------------------


def test_a_credential_for_one_use_is_presented_once(world: World, holder: Holder, anna: Person) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna), single_use=True).view
    holder.confirm(holder.plan_presentation([view.id], VENUE_REQUEST))
    with pytest.raises(ProofGenerationError, match="is for one use and was used"):
        holder.plan_presentation([view.id], VENUE_REQUEST)


def test_a_backup_restored_elsewhere_verifies_presents_and_is_marked(
    world: World, holder: Holder, anna: Person, make_holder: Callable[[str], Holder]
) -> None:
    """K10."""
    once = holder.add_credential(world.mint(VACCINATION, anna), single_use=True).view
    often = holder.add_credential(world.mint(TEST, anna)).view
    sealed = holder.make_backup("another passphrase", parameters=CHEAP)
    elsewhere = make_holder("second.ddcc")
    report = elsewhere.restore(sealed, "another passphrase")
    assert (report.keys, report.credentials, report.already_there) == (1, 2, 0)
    assert (report.single_use, report.other_copy) == (1, True)
    keys = elsewhere.keys()
    assert [key.name for key in keys] == ["Anna", "Anna"]
    views = {view.digest: view for view in elsewhere.credentials()}
    assert views[once.digest].copied is True
    planned = elsewhere.plan_presentation([views[once.digest].id], VENUE_REQUEST)
    assert "another copy of this wallet may have used it" in planned.warnings[-1]
    for view in views.values():
        signed = elsewhere.confirm(elsewhere.plan_presentation([view.id], VENUE_REQUEST))
        assert world.check(signed).verdict.outcome == "accepted"
    assert views[often.digest].key_name == "Anna"


def test_restoring_into_the_same_wallet_adds_only_what_is_missing(
    world: World, holder: Holder, anna: Person
) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    sealed = holder.make_backup("another passphrase", parameters=CHEAP)
    holder.remove_credential(view.id)
    holder.add_credential(world.mint(TEST, anna))
    report = holder.restore(sealed, "another passphrase")
    assert (report.keys, report.credentials, report.already_there, report.other_copy) == (0, 1, 1, False)
    again = holder.restore(sealed, "another passphrase")
    assert (again.credentials, again.history) == (0, 0)
    assert len(holder.credentials()) == 2
    assert (
        holder.credential(next(v.id for v in holder.credentials() if v.digest == view.digest)).copied is False
    )


def test_the_history_of_a_backup_comes_before_what_happened_since(
    holder: Holder, world: World, make_holder: Callable[[str], Holder]
) -> None:
    world.clock.advance(days=1)
    elsewhere = make_holder("second.ddcc")
    own = [(entry.at, entry.action) for entry in elsewhere.history()]
    elsewhere.restore(holder.make_backup("another passphrase", parameters=CHEAP), "another passphrase")
    entries = [(entry.at, entry.action) for entry in elsewhere.history()]
    assert [at for at, _ in entries] == sorted(at for at, _ in entries)
    assert entries[0] == (holder.history()[0].at, "new-key")
    assert entries[0] not in own
    assert entries[-1] == (world.clock.now, "restore")


def test_a_backup_shows_nothing_and_opens_with_its_own_passphrase_only(
    world: World, holder: Holder, anna: Person
) -> None:
    """K1, K2."""
    holder.add_credential(world.mint(VACCINATION, anna))
    sealed = holder.make_backup("another passphrase", parameters=CHEAP)
    assert b"Aulus" not in sealed
    before = holder.saves
    with pytest.raises(SealingError, match="wrong passphrase, or the file was altered"):
        holder.restore(sealed, PASSPHRASE)
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(SealingError, match="wrong passphrase, or the file was altered"):
        holder.restore(altered, "another passphrase")
    assert [entry.action for entry in holder.history()][-2:] == ["restore", "restore"]
    assert holder.saves == before + 2
    assert len(holder.credentials()) == 1


def test_sealed_bytes_of_another_kind_are_not_a_backup(holder: Holder) -> None:
    other = seal(pad(b'{"format": "other", "version": 1}'), "another passphrase", parameters=CHEAP)
    with pytest.raises(SealingError):
        holder.restore(other, "another passphrase")
    shaped = seal(
        pad(b'{"format": "ddcc-wallet-backup", "version": 1}'),
        "another passphrase",
        aad=b"ddcc wallet backup 1",
        parameters=CHEAP,
    )
    with pytest.raises(MalformedValueError, match="its content is of another shape"):
        holder.restore(shaped, "another passphrase")
