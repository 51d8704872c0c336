"""An issuer in a folder, a file of records, and `mint-batch` on them: what tests of batches share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from issuer.config import IssuerConfig, load_config, save_config
from issuer.keys import generate_keys, save_keys
from issuer.store import IssuerStore
from runtime.database import sqlite_url
from runtime.sealing import Argon2Parameters
from tests.flows.conftest import in_process
from tests.processes import ROOT

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "a passphrase for tests"
HEADING = (
    "name,birthDate,vaccination.vaccine,vaccination.brand,vaccination.maholder,vaccination.lot,"
    "vaccination.date,vaccination.dose,vaccination.country,vaccination.disease,certificate.hcid"
)


def make_home(home: Path, url: str = "") -> IssuerConfig:
    """Make an issuer whose keys are cheap to open."""
    home.mkdir()
    keys = generate_keys()
    config = IssuerConfig(
        home=home,
        name="Ministry of Health",
        url="https://issuer.example",
        plain="eddsa-rdfc-2022",
        database_url=url or sqlite_url(home / "issuer.sqlite"),
        dids=keys.dids,
    )
    save_keys(keys, config.keys_path, PASSPHRASE, parameters=CHEAP)
    save_config(config)
    if url:
        settings = home / "issuer.toml"
        settings.write_text(f'database_url = "{url}"\n' + settings.read_text())
    IssuerStore.open(config.database_url).close()
    return replace(load_config(home, {}))


def row(number: int, *, date: str = "2024-11-05") -> str:
    """Return a row of CSV for a person who does not exist."""
    return (
        f"Person {number},1970-01-01,icd11:XM0GQ8,icd11:XM3DT5,ema:ORG-100031184,L-1,{date},1,ESP,"
        f"icd11:RA01,HC-{number:06}"
    )


def write_records(path: Path, count: int, *, bad: tuple[int, ...] = ()) -> Path:
    """Write so many rows, numbered from 1; the `bad` ones name a day that no calendar has."""
    rows = [
        row(number, date="2024-13-05" if number in bad else "2024-11-05") for number in range(1, count + 1)
    ]
    path.write_text("\n".join([HEADING, *rows]) + "\n")
    return path


def arguments(config: IssuerConfig, records: Path, out: Path, *more: str) -> list[str]:
    """Return the arguments of `ddcc` that mint a file."""
    minting = ["issuer", "mint-batch", str(records), "--out", str(out)]
    return [*minting, "--home", str(config.home), "--no-holder", "--json", *more]


def start(
    config: IssuerConfig, records: Path, out: Path, *more: str, **environment: str
) -> subprocess.Popen[str]:
    """Start `mint-batch`; the passphrase is in its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "ddcc", *arguments(config, records, out, *more)],
        cwd=ROOT,
        env={"DDCC_PASSPHRASE": PASSPHRASE, "PATH": "/usr/bin:/bin", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_as_process(
    config: IssuerConfig, records: Path, out: Path, *more: str, **environment: str
) -> tuple[int, dict[str, Any], str]:
    """Run `mint-batch` to its end; gives exit code, result (any: JSON) and standard error."""
    process = start(config, records, out, *more, **environment)
    written, errors = process.communicate(timeout=300)
    return process.returncode, json.loads(written) if written else {}, errors


def run(
    config: IssuerConfig, records: Path, out: Path, *more: str, passphrase: str = PASSPHRASE
) -> tuple[int, dict[str, Any], str]:
    """The same in this process, which takes half the time; those that sign are processes all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DDCC_PASSPHRASE", passphrase)
        ran = in_process(*arguments(config, records, out, *more))
    return ran.code, ran.json if ran.out else {}, ran.err


def credentials(out: Path) -> Iterator[dict[str, Any]]:
    """Give the credentials of a folder of JSON Lines, in their order. Any: they are JSON."""
    for part in sorted(out.glob("part-*.jsonl")):
        yield from map(json.loads, part.read_text().splitlines())


def numbers(out: Path) -> list[int]:
    """Return the numbers of the rows that were minted, in the order of the parts."""
    return [int(each["hcid"].removeprefix("HC-")) for each in credentials(out)]
