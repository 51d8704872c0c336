"""Minting a file part by part: all of it once, whatever stops it and however often it is begun again."""

from __future__ import annotations

import json
import random
import signal
import subprocess
from datetime import date
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from sqlalchemy import select

from health import parse_record
from issuer.auditing import verify_audit
from issuer.config import IssuerConfig
from issuer.keys import load_keys
from issuer.lists import PURPOSES
from issuer.options import MintOptions
from issuer.service import Issuer, MintRequest
from issuer.store import IssuerStore
from issuer.tables import records as records_table
from issuer.tables import status_entries
from tests.issuer.batch_home import (
    HEADING,
    PASSPHRASE,
    credentials,
    make_home,
    numbers,
    row,
    run,
    run_as_process,
    start,
    write_records,
)
from tests.processes import wait_until
from tests.world import START


@pytest.fixture
def config(tmp_path: Path) -> IssuerConfig:
    return make_home(tmp_path / "home")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[IssuerConfig, Path, Path]:
    """An issuer, a file of two records, and the folder that they were minted into; nobody changes them."""
    place = tmp_path_factory.mktemp("begun")
    config, records = make_home(place / "home"), write_records(place / "records.csv", 2)
    run(config, records, place / "out")
    return config, records, place / "out"


def check_database(config: IssuerConfig, out: Path) -> None:
    """The database knows exactly the credentials of the folder, each with two positions of its own."""
    store = IssuerStore.open(config.database_url)
    with store.reading() as reading:
        known = set(reading.connection.execute(select(records_table.c.credential_id)).scalars())
        entries = reading.connection.execute(
            select(status_entries.c.list_id, status_entries.c.position)
        ).all()
        lists = {each.url: each.list_id for each in reading.lists.all()}
    found = list(credentials(out))
    assert [each["id"] for each in found if each["id"] not in known] == []
    assert len(known) == len(found)
    named = {
        (lists[entry["statusListCredential"]], int(entry["statusListIndex"]))
        for each in found
        for entry in each["credentialStatus"]
    }
    assert named == {tuple(entry) for entry in entries}
    assert len(entries) == 2 * len(found)
    verify_audit(store)
    store.close()


def test_a_file_is_minted_and_bad_rows_are_told_with_line_and_reason(
    config: IssuerConfig, tmp_path: Path
) -> None:
    records = write_records(tmp_path / "records.csv", 25, bad=(3, 17))
    code, result, _ = run_as_process(config, records, tmp_path / "out", "--part-rows", "10", "--workers", "2")
    assert code == 4
    assert (result["minted"], result["rejected"], result["parts"]) == (23, 2, 3)
    assert numbers(tmp_path / "out") == [n for n in range(1, 26) if n not in (3, 17)]
    rejects = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert rejects == [
        {
            "line": line,
            "code": "record",
            "reason": "vaccination.date: expected a date that the calendar has",
        }
        for line in (4, 18)
    ]
    check_database(config, tmp_path / "out")


def test_a_finished_run_is_repeated_without_minting_anything(config: IssuerConfig, tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.csv", 5)
    run(config, records, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    code, result, _ = run(config, records, tmp_path / "out")
    assert code == 0
    assert (result["minted"], result["mintedNow"]) == (5, 0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    check_database(config, tmp_path / "out")


def test_killed_ten_times_at_random_moments_it_mints_every_row_once(
    config: IssuerConfig, tmp_path: Path
) -> None:
    records = write_records(tmp_path / "records.csv", 1200, bad=(100, 700))
    out = tmp_path / "out"
    chance = random.Random(20260301)
    kills = 0
    while kills < 10:
        before = len(list(out.glob("part-*.jsonl")))
        process = start(config, records, out, "--part-rows", "10", "--workers", "1")
        wait_until(
            lambda seen=before, it=process: (
                len(list(out.glob("part-*.jsonl"))) > seen or it.poll() is not None
            ),
            60,
        )
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
    code, result, errors = run_as_process(config, records, out, "--part-rows", "10", "--workers", "1")
    assert (code, errors) == (4, "")
    assert 0 < result["mintedNow"] < result["minted"] == 1198
    assert numbers(out) == [n for n in range(1, 1201) if n not in (100, 700)]
    assert len((out / "rejects.jsonl").read_text().splitlines()) == 2
    assert list(out.glob("*.unkept")) == []
    check_database(config, out)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--valid-days", "30"), "--valid-days"),
        (("--to", "parquet"), "--to"),
        (("--part-rows", "7"), "--part-rows"),
        (("--format", "jsonl"), "--format"),
    ],
)
def test_other_options_in_the_same_folder_are_refused_by_name(
    begun: tuple[IssuerConfig, Path, Path], options: tuple[str, ...], named: str
) -> None:
    code, _, errors = run(*begun, *options)
    assert code == 2
    assert f"{named} is not what this folder's batch was begun with" in errors.replace("\n", " ")


def test_options_that_mint_nothing_are_corrected_under_the_same_folder(
    config: IssuerConfig, tmp_path: Path
) -> None:
    records = write_records(tmp_path / "records.csv", 2)
    code, _, errors = run(config, records, tmp_path / "out", "--with-holder")
    assert (code, "--with-holder needs --holder" in errors) == (2, True)
    code, result, errors = run(config, records, tmp_path / "out")
    assert (code, result["minted"]) == (0, 2), errors
    check_database(config, tmp_path / "out")


def test_another_input_in_the_same_folder_is_refused(
    begun: tuple[IssuerConfig, Path, Path], tmp_path: Path
) -> None:
    config, _, out = begun
    code, _, errors = run(config, write_records(tmp_path / "records.csv", 3), out)
    assert code == 2
    assert "RECORDS is not the file that this folder's batch was begun with" in errors


def test_a_part_whose_file_is_gone_is_told_and_not_minted_twice(config: IssuerConfig, tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.csv", 2)
    run(config, records, tmp_path / "out")
    (tmp_path / "out" / "part-000001.jsonl").unlink()
    code, _, errors = run(config, records, tmp_path / "out")
    assert code == 5
    assert "part-000001.jsonl is gone" in errors


def test_a_record_is_minted_once_by_two_batches(config: IssuerConfig, tmp_path: Path) -> None:
    run(config, write_records(tmp_path / "first.csv", 3), tmp_path / "first")
    code, result, _ = run(config, write_records(tmp_path / "second.csv", 5), tmp_path / "second")
    assert code == 4
    assert (result["minted"], result["rejected"]) == (2, 3)
    reasons = [json.loads(line)["reason"] for line in (tmp_path / "second" / "rejects.jsonl").open()]
    assert all("minted before as" in reason for reason in reasons)


def test_a_wrong_passphrase_mints_nothing(config: IssuerConfig, tmp_path: Path) -> None:
    records = write_records(tmp_path / "records.csv", 2)
    code, _, errors = run(config, records, tmp_path / "out", passphrase="not the passphrase")
    assert code != 0
    assert "error:" in errors
    assert list((tmp_path / "out").glob("part-*")) == []


def test_parquet_goes_in_and_out(config: IssuerConfig, tmp_path: Path) -> None:
    rows = [row(number).split(",") for number in (1, 2, 3)]
    columns = {name: [cells[n] for cells in rows] for n, name in enumerate(HEADING.split(","))}
    columns["vaccination.dose"] = [int(dose) for dose in columns["vaccination.dose"]]
    columns["vaccination.date"] = [date.fromisoformat(day) for day in columns["vaccination.date"]]
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "records.parquet")
    code, result, errors = run(config, tmp_path / "records.parquet", tmp_path / "out", "--to", "parquet")
    assert (code, result["minted"]) == (0, 3), errors
    table = pyarrow.parquet.read_table(tmp_path / "out" / "part-000001.parquet").to_pydict()
    assert table["place"] == [1, 2, 3]
    assert [json.loads(text)["hcid"] for text in table["credential"]] == [
        "HC-000001",
        "HC-000002",
        "HC-000003",
    ]
    store = IssuerStore.open(config.database_url)
    with store.reading() as reading:
        found = [reading.find(record_id).credential_id for record_id in table["record_id"]]
    store.close()
    assert found == [json.loads(text)["id"] for text in table["credential"]]


def test_nested_parquet_and_json_lines_are_records_as_json(config: IssuerConfig, tmp_path: Path) -> None:
    event = {"vaccine": "icd11:XM0GQ8", "brand": "Brand", "manufacturer": "Maker", "lot": "L-1", "dose": 1}
    event |= {"date": "2024-11-05", "country": "ESP", "disease": "icd11:RA01"}
    record = {"birthDate": "1970-01-01", "vaccination": event, "certificate": {"hcid": "HC-1"}}
    records = [record | {"name": name} for name in ("One", "Two", "Three")]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records[:2]), tmp_path / "records.parquet")
    code, result, errors = run(config, tmp_path / "records.parquet", tmp_path / "first")
    assert (code, result["minted"]) == (0, 2), errors
    lines = [json.dumps(each) for each in records]
    (tmp_path / "records.jsonl").write_text("\n".join([*lines, '{"name": "Four"', "[]"]) + "\n")
    code, result, _ = run(config, tmp_path / "records.jsonl", tmp_path / "second")
    assert (code, result["minted"], result["rejected"]) == (4, 1, 4)
    rejects = [json.loads(line) for line in (tmp_path / "second" / "rejects.jsonl").open()]
    assert [each["line"] for each in rejects] == [1, 2, 4, 5]
    assert "minted before" in rejects[0]["reason"]
    assert "expected JSON" in rejects[2]["reason"]


def test_a_row_whose_member_has_an_unspeakable_name_is_told_and_ends_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """Threat F15: PostgreSQL keeps no U+0000, neither in a record nor in the reason why there is none."""
    config = make_home(tmp_path / "home", database_url if database_url.startswith("postgresql") else "")
    records = write_records(tmp_path / "records.csv", 2)
    heading, *rows = records.read_text().splitlines()
    lines = []
    for values in rows:
        members: dict[str, dict[str, str | int]] = {}
        plain: dict[str, object] = {"vaccination": {}, "certificate": {}}
        for column, value in zip(heading.split(","), values.split(","), strict=True):
            group, _, name = column.rpartition(".")
            if group:
                members.setdefault(group, {})[name] = int(value) if name == "dose" else value
            else:
                plain[name] = value
        lines.append(json.dumps(plain | members))
    named = lines[0].replace('"vaccine"', '"vac\\u0000\\u202ecine"')
    long = lines[0].replace('"vaccine"', f'"{"v" * 50_000}"')
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join([named, lines[0], long, lines[1]]) + "\n")
    code, result, errors = run(config, path, tmp_path / "out")
    assert (code, result.get("minted"), result.get("rejected")) == (4, 2, 2), errors
    rejects = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").open()]
    assert [each["line"] for each in rejects] == [1, 3]
    assert "vac<U+0000><U+202E>cine" in rejects[0]["reason"]
    assert len(rejects[1]["reason"]) < 3000


def test_rows_that_are_no_records_and_records_that_have_no_credential_are_told_in_order(
    config: IssuerConfig, tmp_path: Path
) -> None:
    """F15: the one are found when all rows are read, the others when each is prepared."""
    never_valid, no_record = f"{row(1)},2099-01-01", f"{row(2, date='2024-13-05')},"
    rows = [f"{HEADING},certificate.period.start", never_valid, no_record, f"{row(3)},", never_valid]
    path = tmp_path / "records.csv"
    path.write_text("\n".join(rows) + "\n")
    code, result, errors = run(config, path, tmp_path / "out")
    assert (code, result.get("minted"), result.get("rejected")) == (4, 1, 3), errors
    rejects = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").open()]
    assert [(each["line"], each["reason"].partition(":")[0]) for each in rejects] == [
        (2, "certificate.period.end"),
        (3, "vaccination.date"),
        (5, "certificate.period.end"),
    ]
    assert numbers(tmp_path / "out") == [3]


def test_a_batch_is_kept_in_postgresql_and_goes_on_after_a_kill(postgres_url: str, tmp_path: Path) -> None:
    config = make_home(tmp_path / "home", postgres_url)
    records, out = write_records(tmp_path / "records.csv", 100), tmp_path / "out"
    process = start(config, records, out, "--part-rows", "10")
    wait_until(lambda: bool(list(out.glob("part-*.jsonl"))) or process.poll() is not None, 60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    code, result, errors = run(config, records, out, "--part-rows", "10")
    assert (code, result["minted"]) == (0, 100), errors
    assert numbers(out) == list(range(1, 101))
    check_database(config, out)


def test_others_mint_on_the_same_database_while_a_batch_runs(config: IssuerConfig, tmp_path: Path) -> None:
    records, out = write_records(tmp_path / "records.csv", 1500), tmp_path / "out"
    store = IssuerStore.open(config.database_url)
    keys = load_keys(config.keys_path, PASSPHRASE, dids=config.dids)
    issuer = Issuer(config, store, keys)
    record = parse_record(json.loads(Path("examples/vaccination-measles.json").read_text()), now=START)
    options = MintOptions(unbound=True, again=True)
    process = start(config, records, out, "--part-rows", "500", "--workers", "2")
    wait_until(lambda: bool(list(out.glob("part-*.jsonl"))) or process.poll() is not None, 60)
    minted = 0
    while process.poll() is None:
        issuer.mint_once(str(minted), MintRequest("1", record, None, "one"), options, now=START)
        minted += 1
    store.close()
    assert process.wait() == 0
    assert minted > 0
    assert numbers(out) == list(range(1, 1501))


def test_lists_of_batches_are_left_to_batches(config: IssuerConfig, tmp_path: Path) -> None:
    run(config, write_records(tmp_path / "first.csv", 3), tmp_path / "first")
    store = IssuerStore.open(config.database_url)
    issuer = Issuer(config, store, load_keys(config.keys_path, PASSPHRASE, dids=config.dids))
    shared = issuer.publisher.lists_with_room(PURPOSES, now=START)
    assert [each.name for each in shared.values()] == ["revocation-2", "suspension-2"]
    (tmp_path / "second.csv").write_text(f"{HEADING}\n{row(77)}\n")
    run(config, tmp_path / "second.csv", tmp_path / "second")
    with store.reading() as reading:
        used = {each.name: each.used for each in reading.lists.all()}
    store.close()
    # The second batch goes on in the list that the first one left.
    assert used == {"revocation-1": 4, "suspension-1": 4, "revocation-2": 0, "suspension-2": 0}
