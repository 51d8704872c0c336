"""An issuer's settings: one frozen object, read from `issuer.toml` in its home folder and the environment.

The home folder holds everything of one issuer: `issuer.toml` (these settings and the DIDs of the keys),
`keys.sealed`, the database `issuer.sqlite` unless another is named, and `status/`, the published status
lists. A setting that would leave a verifier without something it must see, or that names a suite that
cannot do its part, is refused when it is read. Not here: secrets; only DIDs, which are public.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from issuer.identity import (
    IDENTITY_TABLES,
    HSMSettings,
    check_identity,
    identity_lines,
    read_hsm,
    read_other_dids,
)
from runtime.atomic import read_file, write_file
from runtime.database import sqlite_url
from runtime.folders import user_data_folder
from vclib.errors import ConfigurationError, VCError
from vclib.strict_json import dump_json

HOME_VARIABLE = "DDCC_ISSUER_HOME"
DATABASE_VARIABLE = "DDCC_ISSUER_DATABASE"

BASE_SUITES = ("ecdsa-sd-2023", "bbs-2023")
PLAIN_SUITES = ("ecdsa-rdfc-2019", "eddsa-rdfc-2022")

_MAX_BYTES = 64 * 1024
_MAX_NAME_CHARACTERS = 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_STATUS_URL = re.compile(r"https://[^\s?#]+|urn:uuid:[0-9a-f-]{36}")


@dataclass(frozen=True)
class IssuerConfig:
    """What an issuer decided once. `dids` maps a key type ("P-256") to the DID of its key: its did:key, or
    `did`, the issuer's did:web, for all of them. `other_dids` do not sign now; `hsm` is for keys in a token.

    `status_url` is the folder that the files of `home/status` are served from, or a `urn:uuid:` where they
    are only handed on as files. `mandatory` are JSON pointers that every presentation shows in addition to
    those that it always has to.
    """

    home: Path
    name: str
    status_url: str
    suite: str = "ecdsa-sd-2023"
    plain: str = "ecdsa-rdfc-2019"
    valid_days: int = 365
    status_valid_days: int = 30
    mandatory: tuple[str, ...] = ()
    database_url: str = ""
    dids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    did: str | None = None
    other_dids: tuple[str, ...] = ()
    hsm: HSMSettings | None = None

    def __post_init__(self) -> None:
        check_identity(self.did, self.dids)
        _check_name(self.name)
        _check_choice("suite", self.suite, BASE_SUITES)
        _check_choice("plain", self.plain, PLAIN_SUITES)
        if not _STATUS_URL.fullmatch(self.status_url):
            raise ConfigurationError(
                f"status_url: expected an https URL without query or fragment, found {self.status_url[:80]!r}"
            )
        for setting, days in (("valid_days", self.valid_days), ("status_valid_days", self.status_valid_days)):
            if not 1 <= days <= 36_500:
                raise ConfigurationError(f"{setting}: expected 1 to 36500 days, found {days}")
        for pointer in self.mandatory:
            if not pointer.startswith("/"):
                raise ConfigurationError(
                    f"mandatory: expected JSON pointers such as /hcid, found {pointer!r}"
                )

    @property
    def keys_path(self) -> Path:
        """The sealed keys."""
        return self.home / "keys.sealed"

    @property
    def document_path(self) -> Path:
        """The DID document of an issuer with a did:web."""
        return self.home / "did.json"

    @property
    def status_folder(self) -> Path:
        """The published status lists."""
        return self.home / "status"


def home_folder(
    option: Path | None, environment: Mapping[str, str] = os.environ, *, platform: str = sys.platform
) -> Path:
    """Return the home folder: the option, DDCC_ISSUER_HOME, or `ddcc/issuer` among the user's data."""
    if option is not None:
        return option
    if environment.get(HOME_VARIABLE):
        return Path(environment[HOME_VARIABLE])
    return user_data_folder(environment, platform) / "ddcc" / "issuer"


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process, for what else takes it as an argument."""
    return os.environ


def database_url(home: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return the URL of a new issuer's database: DDCC_ISSUER_DATABASE, else a file in its home folder."""
    return environment.get(DATABASE_VARIABLE) or sqlite_url(home / "issuer.sqlite")


def load_config(home: Path, environment: Mapping[str, str] = os.environ) -> IssuerConfig:
    """Read `issuer.toml`. Raises ConfigurationError, naming the setting that is missing or wrong."""
    path = home / "issuer.toml"
    if not path.exists():
        raise ConfigurationError(f"no issuer in {home}: make one with `ddcc issuer init --name NAME`")
    settings = _read_toml(path)
    unknown = set(settings) - set(_READERS) - IDENTITY_TABLES
    if unknown:
        raise ConfigurationError(f"{path}: unknown setting {min(unknown)!r}")
    try:
        members: dict[str, object] = {
            name: _READERS[name](name, value)
            for name, value in settings.items()
            if name not in IDENTITY_TABLES
        }
        _check_present(members, "name", "status_url")
        members["database_url"] = (
            environment.get(DATABASE_VARIABLE) or members.get("database_url") or database_url(home, {})
        )
        members["dids"] = MappingProxyType(_strings("dids", settings.get("dids")))
        members["other_dids"] = read_other_dids(settings.get("other_dids"))
        members["hsm"] = read_hsm(settings.get("hsm"))
        return IssuerConfig(home=home, **members)  # type: ignore[arg-type]  # readers give the fields' types
    except ConfigurationError as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def save_config(config: IssuerConfig) -> None:
    """Write `issuer.toml`; never over an existing one. Raises StoreError."""
    # A JSON string without control characters is a TOML string too.
    lines = [
        "# Settings of one issuer. `ddcc issuer init --help` says what they mean.",
        f"name = {dump_json(config.name)}",
        f"status_url = {dump_json(config.status_url)}",
        f"suite = {dump_json(config.suite)}",
        f"plain = {dump_json(config.plain)}",
        f"valid_days = {config.valid_days}",
        f"status_valid_days = {config.status_valid_days}",
        f"mandatory = {dump_json(list(config.mandatory))}",
        '# database_url = "postgresql+psycopg://user@host/issuer"',
        *([] if config.did is None else [f"did = {dump_json(config.did)}"]),
        "",
        "# The DIDs of the keys in keys.sealed.",
        *identity_lines(config.dids, config.hsm),
    ]
    write_file(config.home / "issuer.toml", ("\n".join(lines) + "\n").encode(), overwrite=False)


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(read_file(path, max_bytes=_MAX_BYTES).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigurationError(f"{path} is not TOML: {err}") from err
    except VCError as err:
        raise ConfigurationError(err.message) from err


def _check_present(members: Mapping[str, object], *required: str) -> None:
    for setting in required:
        if setting not in members:
            raise ConfigurationError(f"the setting {setting!r} is missing")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _MAX_NAME_CHARACTERS or _CONTROL.search(name):
        raise ConfigurationError(
            f"name: expected 1 to {_MAX_NAME_CHARACTERS} characters without control characters"
        )


def _check_choice(setting: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigurationError(f"{setting}: expected {' or '.join(choices)}, found {value!r}")


def _string(setting: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{setting}: expected a string")
    return value


def _integer(setting: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(f"{setting}: expected a whole number")
    return value


def _string_list(setting: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{setting}: expected a list of strings")
    return tuple(_string(setting, item) for item in value)


def _strings(setting: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise ConfigurationError(f"the table [{setting}] is missing")
    return {key: _string(f"{setting}.{key}", item) for key, item in value.items()}


_READERS = MappingProxyType(
    {
        "name": _string,
        "status_url": _string,
        "suite": _string,
        "plain": _string,
        "valid_days": _integer,
        "status_valid_days": _integer,
        "mandatory": _string_list,
        "database_url": _string,
        "did": _string,
    }
)
