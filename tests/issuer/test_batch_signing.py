"""What a worker makes of the rows of one part."""

from __future__ import annotations

from pathlib import Path

import pytest

from issuer.batch_signing import Chunk, SigningRoom, settings_digest
from issuer.options import MintOptions
from issuer.store import RecordValues
from issuer.tables import records
from runtime.commands import utc_now
from runtime.console import PASSPHRASE_VARIABLE
from runtime.table_files import Line
from tests.issuer.batch_home import HEADING, PASSPHRASE, make_home, row
from vclib.errors import VCError


class KeyIsGoneError(VCError):
    """As of a token that was pulled out."""


def test_a_key_that_fails_rejects_no_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The batch ends, and goes on when the key is back: the row is not at fault."""
    config = make_home(tmp_path / "home")
    options = MintOptions(unbound=True)
    room = SigningRoom(str(config.home), settings_digest(config), options, utc_now(), HEADING)
    work = room.open({PASSPHRASE_VARIABLE: PASSPHRASE})
    chunk = Chunk(1, (Line(2, row(1).encode()), Line(3, row(2, date="2024-13-05").encode())), (), ())

    def fail(*_: object) -> bytes:
        raise KeyIsGoneError("the token is gone")

    with monkeypatch.context() as patch:
        patch.setattr("vclib.keys.private.PrivateKey.sign", fail)
        with pytest.raises(KeyIsGoneError):
            work(chunk)
    done = work(chunk)
    assert [each.place for each in done.signed] == [2]
    assert [each.place for each in done.rejected] == [3]


def test_values_of_a_record_are_in_the_order_of_the_columns_and_end_with_the_part() -> None:
    assert RecordValues._fields == tuple(records.columns.keys())[: len(RecordValues._fields)]
    assert RecordValues._fields[-1] == "part_id"
