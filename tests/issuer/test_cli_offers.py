"""ddcc issuer offer, offers and approve, as a person types them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from issuer.config import IssuerConfig, save_config
from issuer.keys import generate_keys
from issuer.store import IssuerStore
from protocols.oid4vci import parse_offer_uri
from runtime.database import sqlite_url
from runtime.qr import read_qr
from tests.flows.conftest import Ran, in_process
from tests.world import VACCINATION, changed
from vclib.strict_json import JSONObject, dump_json

URL = "https://issuer.example"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An issuer with a URL; its keys are not needed, so they are not there."""
    return _issuer(tmp_path / "issuer", URL)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return _record(tmp_path / "record.json", VACCINATION)


def _issuer(folder: Path, url: str | None) -> Path:
    folder.mkdir()
    status_url = "" if url else "https://status.example/lists"
    config = IssuerConfig(
        home=folder,
        name="Ministry of Health",
        url=url,
        status_url=status_url,
        database_url=sqlite_url(folder / "issuer.sqlite"),
        dids=generate_keys().dids,
    )
    save_config(config)
    IssuerStore.open(config.database_url).close()
    return folder


def _record(path: Path, record: JSONObject | list[JSONObject]) -> Path:
    path.write_text(dump_json(list(record) if isinstance(record, list) else record))
    return path


def _offer(home: Path, record: Path, *options: object) -> Ran:
    return in_process("issuer", "offer", record, "--home", home, *options)


def test_offer_is_a_link_and_a_code(home: Path, record: Path) -> None:
    told = _offer(home, record, "--json").json
    assert parse_offer_uri(told["link"]).reference is not None
    assert told["credentialOffer"]["credential_issuer"] == URL
    assert len(told["txCode"]) == 6
    lines = _offer(home, record).out.splitlines()
    assert lines[1].startswith("  link  openid-credential-offer://?credential_offer_uri=")
    assert lines[2].startswith("  code  ")


def test_offer_without_a_code_is_by_value(home: Path, record: Path) -> None:
    told = _offer(home, record, "--no-tx-code", "--by-value", "--suite", "bbs-2023", "--json").json
    offer = parse_offer_uri(told["link"]).offer
    assert offer is not None
    assert offer.to_json() == told["credentialOffer"]
    assert "txCode" not in told
    assert offer.configuration_ids == ("VaccinationStatusCredential-bbs-2023",)


def test_qr_code_holds_the_link(home: Path, record: Path, tmp_path: Path) -> None:
    told = _offer(home, record, "--qr", tmp_path / "offer.png", "--json").json
    assert read_qr((tmp_path / "offer.png").read_bytes()) == told["link"]
    assert _offer(home, record, "--qr", tmp_path / "offer.svg", "--qr-terminal").code == 0
    assert (tmp_path / "offer.svg").read_text().startswith("<svg")
    assert (tmp_path / "offer.png").stat().st_mode & 0o077 == 0


def test_qr_file_that_cannot_be_written_is_refused_before_anything_is_offered(
    home: Path, record: Path, tmp_path: Path
) -> None:
    (tmp_path / "offer.png").write_bytes(b"mine")
    _offer(home, record, "--qr", tmp_path / "offer.png").assert_error(5, "store")
    _offer(home, record, "--qr", tmp_path / "offer.gif").assert_error(2, "configuration")
    assert in_process("issuer", "offers", "--home", home, "--json").json == {"offers": []}


def test_a_code_wider_than_the_terminal_is_not_printed_and_the_offer_stands(
    home: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issuer.cli_offers.columns_of", lambda _stream: 40)
    ran = _offer(home, record, "--qr-terminal")
    assert (ran.code, "\u2580" in ran.out) == (0, False)
    assert ran.err.startswith("warning: the QR code needs a window of ")


def test_the_transaction_code_goes_into_a_file_of_its_own(home: Path, record: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    ran = _offer(home, record, "--tx-code-file", code)
    assert f"  code  in {code} (tell" in ran.out
    assert code.read_text().strip().isdecimal()
    assert code.read_text().strip() not in ran.out
    assert code.stat().st_mode & 0o077 == 0
    _offer(home, record, "--tx-code-file", code).assert_error(5, "store")
    assert "txCode" not in _offer(home, record, "--tx-code-file", code, "--force", "--json").json


def test_offers_are_listed_and_a_deferred_one_is_approved_once(home: Path, record: Path) -> None:
    told = _offer(home, record, "--deferred", "--minutes", 60, "--json").json
    (listed,) = in_process("issuer", "offers", "--home", home, "--json").json["offers"]
    assert (listed["offerId"], listed["state"], listed["approval"]) == (told["offerId"], "open", "waiting")
    assert datetime.fromisoformat(listed["expires"]) > datetime.now(UTC)
    ran = in_process("issuer", "approve", told["offerId"], "--home", home)
    assert ran.out == f"approved {told['offerId']}\n"
    again = in_process("issuer", "approve", told["offerId"], "--refuse", "--home", home)
    again.assert_error(2, "configuration")
    assert "open approved" in in_process("issuer", "offers", "--home", home).out


def test_deferred_offer_is_refused_for_good(home: Path, record: Path) -> None:
    told = _offer(home, record, "--deferred", "--json").json
    ran = in_process("issuer", "approve", told["offerId"], "--refuse", "--home", home, "--json")
    assert ran.json == {"offerId": told["offerId"], "approval": "refused"}


def test_nothing_is_offered_yet(home: Path) -> None:
    assert in_process("issuer", "offers", "--home", home).out == "nothing is offered\n"


def test_f14_impossible_record_is_refused(home: Path, tmp_path: Path) -> None:
    path = _record(tmp_path / "bad.json", changed(VACCINATION, "vaccination", dose=3))
    _offer(home, path).assert_error(4, "record")


@pytest.mark.parametrize("count", [2])
def test_one_offer_is_for_one_record(home: Path, tmp_path: Path, count: int) -> None:
    path = _record(tmp_path / "many.json", [VACCINATION] * count)
    _offer(home, path).assert_error(4, "record")


def test_record_that_names_a_holder_is_refused(home: Path, tmp_path: Path) -> None:
    path = _record(tmp_path / "held.json", VACCINATION | {"holder": "did:key:zDnaey"})
    assert _offer(home, path).code == 4


def test_issuer_without_a_url_offers_nothing(tmp_path: Path, record: Path) -> None:
    folder = _issuer(tmp_path / "offline", None)
    _offer(folder, record).assert_error(2, "configuration")
