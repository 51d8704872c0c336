"""Commands as a person types them, on real files: in this process for speed, or as processes of their own."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ddcc.cli import run
from issuer.config import IssuerConfig, load_config, save_config
from issuer.keys import generate_keys, save_keys
from issuer.report import trust_entry
from issuer.store import IssuerStore
from runtime.sealing import Argon2Parameters
from tests.world import TEST, VACCINATION
from vclib.did import resolver
from vclib.strict_json import JSONValue, dump_json, parse_json
from wallet.holder import Holder

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery"
# Many commands in these tests derive the key; what Argon2id costs in earnest has tests of its own.
CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        # Any: what a command printed is looked into by its tests, member by member.
        return parse_json(self.out)

    def assert_error(self, code: int, name: str) -> None:
        """One line that names the error, the exit code, no traceback, nothing on standard output."""
        lines = self.err.strip().splitlines()
        assert (self.code, len(lines), self.out) == (code, 1, ""), self
        assert lines[0].startswith(f"error: [{name}] "), self.err


def in_process(*arguments: object, stdin: bytes = b"") -> Ran:
    """Run one command line in this process."""
    out, err, standard_input = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
    finally:
        sys.stdin = standard_input
    return Ran(code, out.getvalue(), err.getvalue())


def as_process(
    *arguments: object, stdin: bytes = b"", before: Callable[[], None] | None = None, cwd: Path | None = None
) -> Ran:
    """Run `python -m ddcc ARGUMENTS...`; `before` is called in the new process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DDCC_")}
    done = subprocess.run(
        [sys.executable, "-m", "ddcc", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd or ROOT,
        env=environment,
        preexec_fn=before,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Site:
    """A folder with an issuer, a trust file, two wallets and records, and the commands to use them."""

    folder: Path
    dids: tuple[str, str]

    @property
    def passphrase(self) -> tuple[object, ...]:
        return ("--passphrase-file", self.folder / "passphrase")

    @property
    def issuer(self) -> tuple[object, ...]:
        return ("--home", self.folder / "issuer", *self.passphrase)

    @property
    def home(self) -> tuple[object, ...]:
        return ("--home", self.folder / "issuer")

    @property
    def alice(self) -> tuple[object, ...]:
        return ("--wallet", self.folder / "alice.ddcc", *self.passphrase)

    @property
    def mallory(self) -> tuple[object, ...]:
        return ("--wallet", self.folder / "mallory.ddcc", *self.passphrase)

    @property
    def checking(self) -> tuple[object, ...]:
        status = self.folder / "issuer" / "status"
        return ("--trust", self.folder / "trust.json", "--status", status, "--offline")

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, content: bytes | str | JSONValue) -> Path:
        """Write a file; anything but text and bytes as JSON."""
        path = self.folder / name
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else dump_json(content)).encode()
        path.write_bytes(content)
        return path

    def mint(self, record: str = "vaccination", *options: object) -> tuple[str, Path]:
        """Mint for Alice unless the options say otherwise; returns the record id and the file."""
        whose = options or ("--holder", self.dids[0])
        ran = in_process(
            *("issuer", "mint", self.folder / f"{record}.json", "--out", self.folder / "out", "--force"),
            *("--again", "--json", *whose, *self.issuer),
        )
        assert ran.code == 0, ran.err
        (minted,) = ran.json["minted"]
        return minted["recordId"], Path(minted["file"])

    def files(self) -> dict[str, bytes]:
        """Every file and its content, but for the databases' own."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.endswith(("-wal", "-shm"))
        }


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The folder that each test gets a copy of."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "passphrase").write_text(f"{PASSPHRASE}\n")
    (folder / "passphrase").chmod(0o600)
    keys = generate_keys()
    config = IssuerConfig(
        home=folder / "issuer",
        name="Ministry of Health",
        status_url="https://status.example/lists",
        dids=keys.dids,
    )
    config.status_folder.mkdir(parents=True)
    save_keys(keys, config.keys_path, PASSPHRASE, parameters=CHEAP)
    save_config(config)
    (folder / "trust.json").write_text(dump_json(trust_entry(config)))
    (folder / "vaccination.json").write_text(dump_json(VACCINATION))
    (folder / "test.json").write_text(dump_json(TEST))
    IssuerStore.open(load_config(config.home, {}).database_url).close()
    dids = []
    for name in ("alice", "mallory"):
        wallet = folder / f"{name}.ddcc"
        with Holder.create(
            wallet,
            PASSPHRASE,
            resolve=resolver(),
            clock=lambda: datetime.now(UTC),
            parameters=CHEAP,
        ) as holder:
            dids.append(holder.new_key(name).did)
    return Site(folder, (dids[0], dids[1]))


@pytest.fixture
def site(built_site: Site, tmp_path: Path) -> Site:
    """A copy of the site for one test."""
    folder = tmp_path / "site"
    shutil.copytree(built_site.folder, folder)
    return Site(folder, built_site.dids)
