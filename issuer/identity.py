"""What the settings say of an issuer's identity: its DIDs, and where its keys are.

Under `did:key` the table [dids] decides which keys sign, and [other_dids] holds the DIDs that signed before
or will sign: they stand in the trust entry, so that what they sign is acceptable. Under `did:web` the setting
`did` is the issuer's id for good and [dids] repeats it; which key signs is in the key set. [hsm] names the
PKCS#11 token of keys that are in one.

A change replaces these tables in the text of `issuer.toml` and leaves every other line as its owner wrote it.
Not here: the other settings (`config`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.atomic import read_file, write_file
from vclib.did import did_web_url
from vclib.errors import ConfigurationError, InvalidDIDError
from vclib.strict_json import dump_json

# Tables of `issuer.toml` that are read and changed here; `did` stands above them with the plain settings.
IDENTITY_TABLES = frozenset({"dids", "other_dids", "hsm"})

# The user PIN of the token in [hsm]; [hsm] may name a file with it instead.
PIN_VARIABLE = "DDCC_HSM_PIN"

_MAX_BYTES = 64 * 1024
_HSM_MEMBERS = frozenset({"module", "token", "pin_file"})
_ANY_HEADER = re.compile(r"^\s*\[", re.MULTILINE)


@dataclass(frozen=True)
class HSMSettings:
    """A PKCS#11 library, the label of a token in it, and the file with its PIN where there is one."""

    module: str
    token: str
    pin_file: Path | None = None


def read_hsm(table: object) -> HSMSettings | None:
    """Return the table [hsm], None where there is none; ConfigurationError names what is wrong in it."""
    if table is None:
        return None
    if not isinstance(table, dict) or not {"module", "token"} <= table.keys() <= _HSM_MEMBERS:
        raise ConfigurationError("hsm: expected module and token, pin_file if there is one, nothing else")
    for name, value in table.items():
        if not isinstance(value, str) or not value:
            raise ConfigurationError(f"hsm.{name}: expected a text")
    pin_file = table.get("pin_file")
    return HSMSettings(table["module"], table["token"], Path(pin_file) if pin_file else None)


def read_other_dids(table: object) -> tuple[str, ...]:
    """Return the DIDs of the table [other_dids], whose values name their keys."""
    if table is None:
        return ()
    if not isinstance(table, dict) or not all(did.startswith("did:") for did in table):
        raise ConfigurationError("other_dids: expected a table of DIDs")
    return tuple(table)


def check_identity(did: str | None, dids: Mapping[str, str]) -> None:
    """Check that `did` is a did:web, and the only DID; ConfigurationError."""
    if did is None:
        return
    try:
        did_web_url(did)
    except InvalidDIDError as err:
        raise ConfigurationError(f"did: {err.message}") from err
    if any(other != did for other in dids.values()):
        raise ConfigurationError(f"dids: expected {did} for every key, because the setting `did` names it")


def identity_lines(dids: Mapping[str, str], hsm: HSMSettings | None) -> list[str]:
    """Return the tables of a new issuer as lines of TOML."""
    lines = ["[dids]", *_entries(dids)]
    if hsm is not None:
        lines += ["", "[hsm]", *_hsm_entries(hsm)]
    return lines


def change_identity(
    path: Path,
    *,
    dids: Mapping[str, str] | None = None,
    others: Mapping[str, str] | None = None,
    hsm: HSMSettings | None = None,
) -> None:
    """Replace the tables that are given in the settings file, at once; nothing else in it changes.

    `others` maps a DID to the id of its key. Raises StoreError, and ConfigurationError for a file whose text
    cannot be changed safely.
    """
    text = read_file(path, max_bytes=_MAX_BYTES).decode("utf-8")
    wanted = tomllib.loads(text)
    tables = {
        "dids": None if dids is None else _entries(dids),
        "other_dids": None if others is None else _entries(others),
        "hsm": None if hsm is None else _hsm_entries(hsm),
    }
    for name, lines in tables.items():
        if lines is not None:
            text = _with_table(text, name, lines)
            wanted[name] = tomllib.loads("\n".join(lines))
    try:
        as_wanted = tomllib.loads(text) == {name: value for name, value in wanted.items() if value != {}}
    except tomllib.TOMLDecodeError:
        as_wanted = False
    if not as_wanted:
        raise ConfigurationError(
            f"{path}: cannot change the tables {', '.join(sorted(IDENTITY_TABLES))} in it; write each as a "
            "[table] of its own, below all other settings"
        )
    write_file(path, text.encode())


def _entries(table: Mapping[str, str]) -> list[str]:
    # A JSON string without control characters is a TOML string too.
    return [f"{dump_json(name)} = {dump_json(value)}" for name, value in table.items()]


def _hsm_entries(hsm: HSMSettings) -> list[str]:
    entries = {"module": hsm.module, "token": hsm.token}
    return _entries(entries | ({"pin_file": str(hsm.pin_file)} if hsm.pin_file else {}))


def _with_table(text: str, name: str, lines: list[str]) -> str:
    """Return the text with the lines of one table replaced, or the table added at its end."""
    block = "\n".join([f"[{name}]", *lines]) + "\n" if lines else ""
    header = re.search(rf"^\s*\[{name}\][^\n]*\n?", text, re.MULTILINE)
    if header is None:
        return f"{text.rstrip()}\n\n{block}" if block else text
    following = _ANY_HEADER.search(text, header.end())
    rest = text[following.start() :] if following else ""
    return f"{text[: header.start()].rstrip()}\n\n{block}\n{rest}".rstrip() + "\n"
