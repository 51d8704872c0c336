"""The wallet file keeps what it was given, loses nothing, and notices every kind of tampering."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.sealing import Argon2Parameters
from vclib.errors import SealingError, StoreError
from wallet.store import Permissions, WalletStore

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery"
DAMAGED = "the wallet file was altered or damaged"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallet.ddcc"


def _create(path: Path) -> WalletStore:
    return WalletStore.create(path, PASSPHRASE, parameters=CHEAP)


def _put(store: WalletStore, content: bytes, *, kind: str = "credential", item_id: str | None = None) -> str:
    with store.change() as change:
        return change.put(kind, content, summary={"size": len(content)}, item_id=item_id)


def _filled(path: Path) -> list[str]:
    with _create(path) as store:
        return [_put(store, content) for content in (b"first", b"second", b"third")]


def _tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    connection.create_function("flip", 1, lambda value: bytes([value[0] ^ 1]) + value[1:])
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# --- keeping ------------------------------------------------------------------------------------


def test_what_was_put_is_read_after_reopening(path: Path) -> None:
    with _create(path) as store:
        item_id = _put(store, b"a credential")
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.read(item_id) == b"a credential"
        assert [item.summary for item in store.items("credential").values()] == [{"size": 12}]
        assert store.items("key") == {}


def test_a_row_can_be_replaced_and_deleted(path: Path) -> None:
    with _create(path) as store:
        kept, dropped = _put(store, b"old"), _put(store, b"dropped")
        _put(store, b"new", item_id=kept)
        with store.change() as change:
            change.delete(dropped)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.read(kept) == b"new"
        assert list(store.items("credential")) == [kept]
        with pytest.raises(StoreError, match="holds nothing with the id"):
            store.read(dropped)


def test_deleting_what_is_not_there_is_refused(path: Path) -> None:
    with (
        _create(path) as store,
        pytest.raises(StoreError, match="nothing with the id"),
        store.change() as change,
    ):
        change.delete("00" * 16)


def test_an_exception_in_a_change_leaves_everything_as_it_was(path: Path) -> None:
    with _create(path) as store:
        first = _put(store, b"first")
        with pytest.raises(RuntimeError), store.change() as change:
            change.put("credential", b"second", summary={})
            change.delete(first)
            raise RuntimeError
        assert list(store.items("credential")) == [first]
        assert store.read(first) == b"first"
        assert store.saves == 1
        _put(store, b"third")
    with WalletStore.open(path, PASSPHRASE) as store:
        assert len(store.items("credential")) == 2


def test_an_existing_file_is_never_overwritten_by_a_new_wallet(path: Path) -> None:
    item_id = _filled(path)[0]
    with pytest.raises(StoreError, match="there is a file already"):
        _create(path)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.read(item_id) == b"first"


def test_a_missing_wallet_is_named_with_what_to_do(path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no wallet at .*; make one with: ddcc wallet init"):
        WalletStore.open(path, PASSPHRASE)
    assert not path.exists()


def test_another_kind_of_file_is_named(path: Path) -> None:
    path.write_bytes(b"this is no database at all, only a text of some length" * 20)
    with pytest.raises(StoreError, match="it is not a wallet file"):
        WalletStore.open(path, PASSPHRASE)
    path.unlink()
    _tamper(path, "CREATE TABLE t (a)")
    with pytest.raises(StoreError, match="is not a wallet file"):
        WalletStore.open(path, PASSPHRASE)


def test_a_newer_format_is_named(path: Path) -> None:
    _filled(path)
    _tamper(path, "PRAGMA user_version = 9")
    with pytest.raises(StoreError, match="has wallet format 9, this program reads up to 2"):
        WalletStore.open(path, PASSPHRASE)


def test_a_thousand_credentials_open_and_are_listed(path: Path) -> None:
    with _create(path) as store, store.change() as change:
        for number in range(1000):
            change.put("credential", bytes(7000), summary={"number": number, "issuer": "did:key:z6Mk" * 4})
    with WalletStore.open(path, PASSPHRASE) as store:
        assert len(store.items("credential")) == 1000


# --- K1, K7: the passphrase ---------------------------------------------------------------------


def test_a_stolen_file_shows_no_content_no_summary_and_no_kind(path: Path) -> None:
    """K1."""
    with _create(path) as store, store.change() as change:
        change.put("credential", b"Aulus Agerius, XM0GQ8", summary={"name": "Aulus Agerius"})
    content = path.read_bytes()
    for secret in (b"Aulus", b"XM0GQ8", b"credential", b"summary"):
        assert secret not in content


def test_rows_of_different_length_have_one_length_in_the_file(path: Path) -> None:
    """K1: sizes are padded, so a key, a credential and a history entry look alike."""
    with _create(path) as store:
        for content in (b"", b"x", b"x" * 4000):
            _put(store, content)
    connection = sqlite3.connect(path)
    lengths = {row[0] for row in connection.execute("SELECT length(sealed) FROM items")}
    connection.close()
    assert lengths == {4096 + 28}


def test_a_wrong_passphrase_is_refused_and_nothing_is_deleted(path: Path) -> None:
    """K7: no oracle beyond "wrong"."""
    ids = _filled(path)
    for wrong in ("correct horse batterz", "x", "correct horse battery "):
        with pytest.raises(SealingError, match=r"^wrong passphrase, or the file was altered$"):
            WalletStore.open(path, wrong)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert list(store.items("credential")) == ids


def test_a_new_passphrase_opens_and_the_old_one_does_not(path: Path) -> None:
    ids = _filled(path)
    with WalletStore.open(path, PASSPHRASE) as store:
        store.change_passphrase("another one entirely", parameters=CHEAP)
        assert store.read(ids[2]) == b"third"
    with WalletStore.open(path, "another one entirely") as store:
        assert store.read(ids[0]) == b"first"
        assert store.saves == 4
    with pytest.raises(SealingError, match="wrong passphrase"):
        WalletStore.open(path, PASSPHRASE)


# --- K2: tampering ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE items SET sealed = flip(sealed) WHERE rowid = 2",
        "DELETE FROM items WHERE rowid = 2",
        "INSERT INTO items SELECT randomblob(16), sealed FROM items WHERE rowid = 1",
        "UPDATE items SET id = randomblob(16) WHERE rowid = 1",
        "UPDATE items SET sealed = (SELECT sealed FROM items WHERE rowid = 1) WHERE rowid = 3",
        "UPDATE items SET sealed = 'text' WHERE rowid = 1",
        "UPDATE items SET sealed = 10000000000 WHERE rowid = 1",
        "UPDATE items SET id = 'text' WHERE rowid = 1",
        "UPDATE wallet SET manifest = flip(manifest)",
        "UPDATE wallet SET manifest = x''",
        "UPDATE wallet SET manifest = 4000000000",
        "UPDATE wallet SET manifest = backup_note",
        "DELETE FROM wallet",
        "CREATE TRIGGER t AFTER INSERT ON items BEGIN DELETE FROM items; END",
        "CREATE TABLE more (a)",
    ],
)
def test_a_row_changed_removed_added_or_exchanged_is_found(path: Path, statement: str) -> None:
    """K2."""
    _filled(path)
    _tamper(path, statement)
    with pytest.raises(StoreError, match=DAMAGED):
        WalletStore.open(path, PASSPHRASE)


def test_two_rows_exchanged_are_found(path: Path) -> None:
    """K2."""
    _filled(path)
    _tamper(
        path,
        "CREATE TEMP TABLE t AS SELECT sealed FROM items WHERE rowid = 1",
        "UPDATE items SET sealed = (SELECT sealed FROM items WHERE rowid = 2) WHERE rowid = 1",
        "UPDATE items SET sealed = (SELECT sealed FROM t) WHERE rowid = 2",
    )
    with pytest.raises(StoreError, match=DAMAGED):
        WalletStore.open(path, PASSPHRASE)


def test_one_row_rolled_back_to_an_older_state_is_found(path: Path, tmp_path: Path) -> None:
    """K2: the older row was written by this very wallet, with the same id."""
    older = tmp_path / "older"
    with _create(path) as store:
        item_id = _put(store, b"not revoked")
    shutil.copy(path, older)
    with WalletStore.open(path, PASSPHRASE) as store:
        _put(store, b"revoked", item_id=item_id)
    _tamper(
        path,
        f"ATTACH DATABASE '{older}' AS older",
        "UPDATE items SET sealed = (SELECT sealed FROM older.items)",
    )
    with pytest.raises(StoreError, match=DAMAGED):
        WalletStore.open(path, PASSPHRASE)


def test_the_sealed_key_of_an_older_state_is_found(path: Path, tmp_path: Path) -> None:
    """K2: an old passphrase does not come back to life unseen."""
    older = tmp_path / "older"
    _filled(path)
    shutil.copy(path, older)
    with WalletStore.open(path, PASSPHRASE) as store:
        store.change_passphrase("another one entirely", parameters=CHEAP)
    _tamper(
        path,
        f"ATTACH DATABASE '{older}' AS older",
        "UPDATE wallet SET master_key = (SELECT master_key FROM older.wallet)",
    )
    with pytest.raises(StoreError, match=DAMAGED):
        WalletStore.open(path, PASSPHRASE)


def test_a_changed_sealed_key_reads_as_a_wrong_passphrase(path: Path) -> None:
    """K2, K7."""
    _filled(path)
    connection = sqlite3.connect(path)
    sealed = connection.execute("SELECT master_key FROM wallet").fetchone()[0]
    connection.execute("UPDATE wallet SET master_key = ?", (sealed[:-1] + bytes([sealed[-1] ^ 1]),))
    connection.commit()
    connection.close()
    with pytest.raises(SealingError, match=r"^wrong passphrase, or the file was altered$"):
        WalletStore.open(path, PASSPHRASE)


def test_damage_names_the_newest_backup(path: Path) -> None:
    """K2: the wallet says which backup to use."""
    _filled(path)
    with WalletStore.open(path, PASSPHRASE) as store:
        store.note_backup({"file": "/media/stick/wallet.backup", "created": "2026-11-20T08:00:00Z"})
    _tamper(path, "UPDATE items SET sealed = flip(sealed) WHERE rowid = 1")
    with pytest.raises(
        StoreError,
        match=r"newest backup, /media/stick/wallet.backup of 2026-11-20T08:00:00Z: ddcc wallet restore",
    ):
        WalletStore.open(path, PASSPHRASE)


def test_damage_without_a_backup_says_so(path: Path) -> None:
    """K2."""
    _filled(path)
    _tamper(path, "UPDATE items SET sealed = flip(sealed)", "UPDATE wallet SET backup_note = x'00'")
    with pytest.raises(StoreError, match="No backup of it is known"):
        WalletStore.open(path, PASSPHRASE)


def test_pages_overwritten_on_disk_are_a_named_error(path: Path) -> None:
    """K2: damage below the database's own structure."""
    _filled(path)
    content = bytearray(path.read_bytes())
    content[4096 : 2 * 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="altered or damaged"):
        WalletStore.open(path, PASSPHRASE)


@pytest.mark.parametrize("position", range(0, 9 * 4096, 977))
def test_any_single_flipped_byte_is_noticed_or_changes_nothing(path: Path, position: int) -> None:
    """K2: a byte of padding between rows may flip unseen, a byte of content never."""
    ids = _filled(path)
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= 0x40
    path.write_bytes(content)
    try:
        store = WalletStore.open(path, PASSPHRASE)
    except StoreError:
        return
    with store:
        assert [store.read(item_id) for item_id in ids] == [b"first", b"second", b"third"]


# --- K3: roll-back of the whole file ------------------------------------------------------------


def test_the_count_of_saves_grows_with_every_change_and_shows_an_older_copy(
    path: Path, tmp_path: Path
) -> None:
    """K3: an older copy opens, that cannot be told from the file; its smaller count is what can be seen."""
    _filled(path)
    older = tmp_path / "older"
    shutil.copy(path, older)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.saves == 3
        _put(store, b"fourth")
        assert store.saves == 4
    with WalletStore.open(older, PASSPHRASE) as store:
        assert store.saves == 3


# --- K4: power and kill -------------------------------------------------------------------------

_WRITER = """
import os, signal, sys
from pathlib import Path
from wallet.store import WalletStore
store = WalletStore.open(Path(sys.argv[1]), sys.argv[2])
print("open", flush=True)
"""
_ENDLESS_SAVES = (
    _WRITER
    + """
number = 0
while True:
    with store.change() as change:
        for part in range(3):
            change.put("credential", os.urandom(20000), summary={"number": number, "part": part})
    print(number, flush=True)
    number += 1
"""
)
_KILLED_IN_A_CHANGE = (
    _WRITER
    + """
store._connection.execute("PRAGMA cache_size = 2")
with store.change() as change:
    for item_id in list(store.items("credential")):
        change.put("credential", os.urandom(300000), summary={}, item_id=item_id)
    os.kill(os.getpid(), signal.SIGKILL)
"""
)


def _writer(path: Path, program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(path), PASSPHRASE],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("after_saves", [1, 4, 9])
def test_kill_9_in_the_middle_of_saving_loses_nothing_that_was_confirmed(
    path: Path, after_saves: int
) -> None:
    """K4: a real process, killed while it saves again and again."""
    _create(path).close()
    process = _writer(path, _ENDLESS_SAVES)
    assert process.stdout is not None
    confirmed = -1
    for line in process.stdout:
        if line.strip() == str(after_saves):
            process.kill()
            confirmed = int(line)
            break
    rest = [line for line in process.stdout.read().split("\n") if line]
    process.wait()
    confirmed = int(rest[-1]) if rest else confirmed
    assert process.returncode == -signal.SIGKILL
    with WalletStore.open(path, PASSPHRASE) as store:
        numbers = [item.summary["number"] for item in store.items("credential").values()]
        # Every confirmed save is there, at most the one under way besides, and each whole.
        assert store.saves in (confirmed + 1, confirmed + 2)
        assert numbers == [number for number in range(store.saves) for _ in range(3)]


def test_a_half_written_change_is_rolled_back_by_the_next_program(path: Path) -> None:
    """K4: pages of the new state had reached the file already when the process died."""
    ids = _filled(path)
    process = _writer(path, _KILLED_IN_A_CHANGE)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert path.with_name("wallet.ddcc-journal").stat().st_size > 0
    with WalletStore.open(path, PASSPHRASE) as store:
        assert [store.read(item_id) for item_id in ids] == [b"first", b"second", b"third"]
    assert not path.with_name("wallet.ddcc-journal").exists()


def test_a_commit_waits_for_the_disk(path: Path) -> None:
    """K4: rollback journal and EXTRA, so that the deletion of the journal is synced as well."""
    with _create(path) as store:
        assert store._connection.execute("PRAGMA synchronous").fetchone()[0] == 3
        assert store._connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert store._connection.execute("PRAGMA secure_delete").fetchone()[0] == 1
        assert store._connection.execute("PRAGMA temp_store").fetchone()[0] == 2


def test_a_wallet_that_could_not_be_made_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K4: the file gets its name only when it is complete."""

    def no_link(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(StoreError, match=r"cannot make the wallet .*: the disk is full; nothing was changed"):
        _create(path)
    assert list(path.parent.iterdir()) == []


# --- K5: full or read-only disk, network share --------------------------------------------------


def test_a_full_disk_refuses_the_change_and_keeps_the_rest(path: Path) -> None:
    """K5."""
    ids = _filled(path)
    with WalletStore.open(path, PASSPHRASE) as store:
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(
            StoreError, match=r"cannot save the wallet .*: the disk is full; nothing was changed"
        ):
            _put(store, os.urandom(100_000))
        assert list(store.items("credential")) == ids
        assert store.saves == 3
        assert store.read(ids[1]) == b"second"
        store._connection.execute("PRAGMA max_page_count = 100000")
        _put(store, b"fourth")
    with WalletStore.open(path, PASSPHRASE) as store:
        assert len(store.items("credential")) == 4


def test_a_commit_that_fails_is_not_shown_as_saved(path: Path) -> None:
    """K5: the file is asked again which state it is in."""
    _filled(path)
    with WalletStore.open(path, PASSPHRASE) as store:
        store._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="the file is read-only; nothing was changed"):
            _put(store, b"fourth")
        assert store.saves == 3
        assert len(store.items("credential")) == 3


def test_a_wallet_opened_read_only_shows_and_refuses_to_save(path: Path) -> None:
    """K5."""
    ids = _filled(path)
    before = path.read_bytes()
    with WalletStore.open(path, PASSPHRASE, read_only=True) as store:
        assert store.read(ids[0]) == b"first"
        with pytest.raises(StoreError, match="it was opened read-only"):
            _put(store, b"fourth")
    assert path.read_bytes() == before


def test_a_read_only_file_is_shown_and_refuses_to_be_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K5: SQLite falls back to reading where it may not write, and says so when it is asked to."""
    ids = _filled(path)
    real_connect = sqlite3.connect

    def reading_only(database: str, **options: Any) -> sqlite3.Connection:  # Any: passed through to SQLite
        connection: sqlite3.Connection = real_connect(database.replace("mode=rw", "mode=ro"), **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", reading_only)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.read(ids[0]) == b"first"
        with pytest.raises(
            StoreError, match=r"cannot save the wallet .*: the file is read-only; nothing was"
        ):
            _put(store, b"fourth")
        assert list(store.items("credential")) == ids


# --- K6: two programs ---------------------------------------------------------------------------


def test_a_second_program_is_refused_while_the_wallet_is_open(path: Path) -> None:
    """K6: no lost update, because there is no second writer."""
    _filled(path)
    with WalletStore.open(path, PASSPHRASE):
        process = _writer(path, _WRITER)
        assert process.communicate()[0] == ""
        assert process.returncode == 1
        with pytest.raises(StoreError, match="it is open in another program"):
            WalletStore.open(path, PASSPHRASE)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert len(store.items("credential")) == 3


# --- K8, K12 ------------------------------------------------------------------------------------


def test_the_file_belongs_to_its_owner_alone(path: Path) -> None:
    """K12."""
    with _create(path) as store:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert store.permissions is Permissions.NARROW


def test_wider_permissions_are_corrected_and_reported(path: Path) -> None:
    """K12."""
    _filled(path)
    path.chmod(0o644)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.permissions is Permissions.CORRECTED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_wider_permissions_that_cannot_be_corrected_are_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K12."""
    _filled(path)
    path.chmod(0o644)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with WalletStore.open(path, PASSPHRASE) as store:
        assert store.permissions is Permissions.TOO_WIDE
        assert len(store.items("credential")) == 3


def test_deleted_content_does_not_stay_in_the_file(path: Path) -> None:
    """K8: sealed bytes of a deleted row are overwritten, so that a later passphrase leak opens less."""
    ids = _filled(path)
    connection = sqlite3.connect(path)
    sealed = connection.execute("SELECT sealed FROM items WHERE id = ?", (bytes.fromhex(ids[0]),)).fetchone()[
        0
    ]
    connection.close()
    assert sealed[200:400] in path.read_bytes()
    with WalletStore.open(path, PASSPHRASE) as store, store.change() as change:
        change.delete(ids[0])
    assert sealed[200:400] not in path.read_bytes()


def test_keys_do_not_show_in_the_representation(path: Path) -> None:
    """K8."""
    with _create(path) as store:
        key: bytes = store._key
        assert key.hex() not in repr(store)
        assert repr(key) not in repr(store)


# --- what is no wallet --------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", b"x" * 5000])
def test_a_file_that_is_no_wallet_stays_as_it_was(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match="it is not a wallet file; nothing was changed"):
        WalletStore.open(path, PASSPHRASE)
    assert path.read_bytes() == content


def test_the_database_of_another_program_stays_as_it_was(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="it is not a wallet file"):
        WalletStore.open(path, PASSPHRASE)
    assert path.read_bytes() == before


def test_a_pipe_or_a_folder_is_no_wallet(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path)
    for other in (path, tmp_path):
        with pytest.raises(StoreError, match="it is not a file"):
            WalletStore.open(other, PASSPHRASE)
