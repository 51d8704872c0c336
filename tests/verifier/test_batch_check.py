"""Checking files of credentials: a verdict for each line, whatever stops it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from issuer.report import trust_entry
from issuer.store import IssuerStore
from tests import paper
from tests.flows.conftest import in_process
from tests.issuer.batch_home import make_home, run, write_records
from vclib.datetimes import format_datetime
from verifier.checking_room import CheckingRoom
from verifier.settings import SETTINGS


@pytest.fixture(scope="module")
def minted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a batch of five in `batch`, its trust file, and its status lists in `lists`."""
    place = tmp_path_factory.mktemp("minted")
    config = make_home(tmp_path_factory.mktemp("issuer") / "home")
    run(config, write_records(place / "records.csv", 5), place / "batch", "--part-rows", "2")
    (place / "trust.json").write_text(json.dumps(trust_entry(config)))
    (place / "lists").mkdir()
    store = IssuerStore.open(config.database_url)
    with store.reading() as reading:
        for each in reading.lists.all():
            document = reading.lists.published(each.list_id).signed.document
            (place / "lists" / f"{each.name}.json").write_text(document)
    store.close()
    return place


@pytest.fixture
def place(minted: Path, tmp_path: Path) -> Path:
    """What `minted` has, for this test alone."""
    return shutil.copytree(minted, tmp_path / "place")


def check(
    place: Path, *inputs: str, out: str = "verdicts", more: tuple[str, ...] = ()
) -> tuple[int, Any, str]:
    """Run `check-batch`; gives exit code, result (any: JSON) and standard error."""
    return _run(place, *inputs, "--out", out, "--trust", "trust.json", "--status", "lists", *more)


def check_by_home(
    place: Path, *inputs: str, more: tuple[str, ...] = (), **variables: str
) -> tuple[int, Any, str]:
    """Run `check-batch` with what a verifier's home, files of signers and the environment say."""
    return _run(place, *inputs, "--out", "verdicts", "--home", "venue", *more, **variables)


def _run(place: Path, *arguments: str, **variables: str) -> tuple[int, Any, str]:
    """In this process; those that check are processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name, value in variables.items():
            patch.setenv(name, value)
        ran = in_process("verifier", "check-batch", *arguments, "--offline", "--json")
    return ran.code, ran.json if ran.out else {}, ran.err


def verdicts(place: Path, out: str = "verdicts") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / out / "verdicts.jsonl").read_text().splitlines()]


WHOLE = ("--without-base-proofs",)


def test_a_batch_is_accepted_line_by_line_and_the_same_again_changes_nothing(place: Path) -> None:
    code, result, errors = check(place, "batch", more=WHOLE)
    assert (code, errors) == (0, "")
    assert result["counts"]["accepted"] == 5
    assert [(each["line"], each["outcome"]) for each in verdicts(place)] == [
        (line, "accepted") for line in (1, 2, 1, 2, 1)
    ]
    before = (place / "verdicts" / "verdicts.jsonl").stat()
    assert check(place, "batch", more=WHOLE) == (code, result, "")
    assert (place / "verdicts" / "verdicts.jsonl").stat() == before


def test_base_proofs_are_refused_unless_they_are_left_out(place: Path) -> None:
    code, result, _ = check(place, "batch")
    assert code == 1
    assert result["counts"] == {"refused": 5, "refused: base-proof": 5}


def test_what_was_changed_is_refused_and_what_is_no_credential_is_told(place: Path) -> None:
    lines = (place / "batch" / "part-000001.jsonl").read_text().splitlines()
    forged = lines[0].replace("Person 1", "Person 9")
    assert forged != lines[0]
    (place / "some.jsonl").write_text("\n".join([forged, lines[1], "", "{", '{"type": "Other"}']) + "\n")
    code, _, _ = check(place, "some.jsonl", more=WHOLE)
    assert code == 1
    found = [(each["line"], each["outcome"], each["reasons"][0]) for each in verdicts(place)]
    assert found == [
        (1, "refused", "forged"),
        (2, "accepted", "not-presented"),
        (4, "unreadable", "parsing"),
        (5, "unreadable", "malformed-value"),
    ]


def test_parquet_is_read_by_its_column_of_credentials(place: Path) -> None:
    lines = (place / "batch" / "part-000001.jsonl").read_text().splitlines()
    pyarrow.parquet.write_table(pyarrow.table({"credential": lines}), place / "some.parquet")
    code, result, _ = check(place, "some.parquet", more=WHOLE)
    assert code == 0
    assert result["counts"]["accepted"] == 2


def test_an_interrupted_check_goes_on_with_the_parts_that_are_missing(place: Path) -> None:
    check(place, "batch", more=WHOLE)
    whole = (place / "verdicts" / "verdicts.jsonl").read_text()
    # As it was when two of three parts had been written.
    lines = whole.splitlines(keepends=True)
    (place / "verdicts" / "verdicts.jsonl").unlink()
    (place / "verdicts" / "summary.json").unlink()
    (place / "verdicts" / "verdicts-000001.jsonl").write_text("".join(lines[:2]))
    (place / "verdicts" / "verdicts-000003.jsonl").write_text("".join(lines[4:]))
    (place / "verdicts" / "verdicts-000002.jsonl.unkept").write_text("half a li")
    code, result, _ = check(place, "batch", more=WHOLE)
    assert code == 0
    assert result["counts"]["accepted"] == 5
    assert (place / "verdicts" / "verdicts.jsonl").read_text() == whole


def test_other_files_under_the_same_folder_are_refused(place: Path) -> None:
    check(place, "batch", more=WHOLE)
    code, _, errors = check(place, "batch/part-000001.jsonl", more=WHOLE)
    assert code == 2
    assert "are not those this folder's check was begun with" in errors
    assert "part-000002.jsonl" in errors


def test_another_option_under_the_same_folder_is_refused_by_its_name(place: Path) -> None:
    check(place, "batch", more=WHOLE)
    code, _, errors = check(place, "batch", more=(*WHOLE, "--require-holder"))
    assert code == 2
    assert "begun with: --require-holder; choose another --out" in errors


def test_another_setting_of_the_environment_is_refused_by_its_name(place: Path) -> None:
    (place / "venue").mkdir()
    (place / "venue" / "trust.json").write_text((place / "trust.json").read_text())
    more = ("--status", "lists", *WHOLE)
    begun = check_by_home(place, "batch", more=more, DDCC_VERIFIER_REQUIRE_STATUS="true")
    assert (begun[0], begun[2]) == (0, "")
    # What decides nothing about a file may change.
    again = check_by_home(
        place, "batch", more=more, DDCC_VERIFIER_REQUIRE_STATUS="true", DDCC_VERIFIER_PAGE_KIOSK="true"
    )
    assert again == begun
    code, _, errors = check_by_home(place, "batch", more=more, DDCC_VERIFIER_TRUST_MAX_AGE="60")
    assert code == 2
    assert "begun with: DDCC_VERIFIER_REQUIRE_STATUS, DDCC_VERIFIER_TRUST_MAX_AGE; choose" in errors


def test_a_check_of_which_no_settings_are_known_does_not_go_on(place: Path) -> None:
    check(place, "batch", more=WHOLE)
    path = place / "verdicts" / "check.json"
    manifest = json.loads(path.read_text())
    del manifest["terms"]["settings"]
    path.write_text(json.dumps(manifest))
    code, _, errors = check(place, "batch", more=WHOLE)
    assert code == 2
    assert "begun with: settings; choose another --out" in errors


def test_every_setting_is_a_term_or_has_no_say_in_a_verdict_on_a_file(tmp_path: Path) -> None:
    terms = CheckingRoom(home=tmp_path).settings()
    of_a_service = {
        "name", "purpose", "url", "domain", "database_url", "client_id", "certificate_file", "hsm_module",
        "hsm_token", "hsm_pin_file", "tokens_for", "accept_old_copies", "status_refresh", "status_max_age",
        "did_refresh", "did_max_age", "challenge_seconds", "max_open_challenges", "exchange_seconds",
        "max_open_exchanges", "requests_per_second", "page_situation", "page_clear_seconds", "page_kiosk",
        "page_accept_without_status", "page_session_hours",
    }  # fmt: skip
    assert terms.keys() | of_a_service == SETTINGS.keys()
    assert not terms.keys() & of_a_service
    assert CheckingRoom().settings() == {}


def test_without_a_list_of_withdrawals_nothing_is_decided(place: Path) -> None:
    for path in (place / "lists").iterdir():
        path.unlink()
    code, result, _ = check(place, "batch", more=WHOLE)
    assert code == 3
    assert result["counts"]["undecided"] == 5


def test_it_takes_trust_lists_signers_and_revocations_as_a_single_check_does(tmp_path: Path) -> None:
    (tmp_path / "venue").mkdir()
    (tmp_path / "signer.der").write_bytes(paper.CERTIFICATE)
    first = paper.code(paper.claims(1, paper.VACCINATION))
    second = paper.code(paper.claims(1, paper.TEST))
    forged = paper.code(paper.claims(1, paper.VACCINATION), key=paper.OTHER_KEY)
    (tmp_path / "codes.txt").write_text(f"{first}\n{second}\n{forged}\nHC1:\nshc:/567629\n")
    identifier = paper.VACCINATION["v"][0]["ci"]
    digest = base64.b64encode(hashlib.sha256(identifier.encode()).digest()[:16]).decode()
    (tmp_path / "revoked.json").write_text(json.dumps([digest]))
    signed_by = ("--signer", "signer.der", "--at", format_datetime(paper.NOW))
    code, _, errors = check_by_home(tmp_path, "codes.txt", more=(*signed_by, "--revoked", "revoked.json"))
    assert (code, errors) == (1, "")
    found = [(each["line"], each["outcome"], each["reasons"][0]) for each in verdicts(tmp_path)]
    assert found == [
        (1, "refused", "revoked"),
        (2, "accepted", "not-bound"),
        (3, "refused", "forged"),
        (4, "unreadable", "encoding"),
        (5, "undecided", "not-supported"),
    ]
    # Without the list it is another check, and not the same one that goes on.
    assert check_by_home(tmp_path, "codes.txt", more=signed_by)[0] == 2


def test_a_trust_list_of_the_home_says_whom_to_believe(place: Path) -> None:
    (place / "venue").mkdir()
    (place / "venue" / "trust.json").write_text((place / "trust.json").read_text())
    more = ("--status", "lists", "--without-base-proofs")
    code, result, _ = check_by_home(place, "batch", more=more)
    assert (code, result["counts"]["accepted"]) == (0, 5)
