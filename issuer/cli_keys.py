"""`ddcc issuer key`: list the keys, let another one sign, withdraw one, take one in from a token.

Only translates between the command line and `issuer.key_changes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from issuer.cli_shared import Home, ask_passphrase, ask_pin, opened_store
from issuer.config import IssuerConfig
from issuer.identity import HSMSettings, change_identity
from issuer.key_changes import KeyChanges
from issuer.report import key_json, key_line
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import ask_yes_no, print_json, print_line, reporting_errors
from runtime.keys import KeptKey, KeyState, find_key, open_token
from vclib.errors import ConfigurationError
from vclib.keys import KeyType

if TYPE_CHECKING:
    from runtime.keys.pkcs11 import FoundKey, Token

app = typer.Typer(
    help="The issuer's keys: rotate them, withdraw one, use a hardware module.", no_args_is_help=True
)

_TYPES = (KeyType.P256, KeyType.ED25519, KeyType.BLS12_381_G2)

KeyName: TypeAlias = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, e.g. p256-1.")]
NewIdentity: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--new-identity", help="For did:key: become another DID; the old one stays in the trust entry."
    ),
]


@app.callback()
def main() -> None:
    """The issuer's keys: rotate them, withdraw one, use a hardware module."""


@app.command("list", epilog=epilog("ddcc issuer key list"))
def list_command(home: Home = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False) -> None:
    """List all keys, with their state and where they are."""
    with reporting_errors(as_json=as_json), _opened(home, passphrase_file) as (config, changes):
        keys = changes.key_set()
        if as_json:
            print_json({"keys": [key_json(key, config) for key in keys]})
            return
        for key in keys:
            print_line(key_line(key, config))


@app.command("rotate", epilog=epilog("ddcc issuer key rotate --type P-256"))
def rotate_command(
    key_type: Annotated[
        str, typer.Option("--type", help="P-256, Ed25519 or BLS12381G2.")
    ] = KeyType.P256.value,
    publish_only: Annotated[
        bool,
        typer.Option("--publish-only", help="Publish it now, let it sign later: ddcc issuer key use KEY."),
    ] = False,
    new_identity: NewIdentity = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Make a new key that signs from now on; the old one stays published, what it signed keeps verifying."""
    with reporting_errors(as_json=as_json), _opened(home, passphrase_file) as (config, changes):
        key = changes.rotate(
            _key_type(key_type), now=utc_now(), publish_only=publish_only, new_identity=new_identity
        )
        _tell(key, config, as_json=as_json)


@app.command("use", epilog=epilog("ddcc issuer key use p256-2"))
def use_command(
    key_id: KeyName,
    new_identity: NewIdentity = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Let a published key sign from now on, in place of the one that does."""
    with reporting_errors(as_json=as_json), _opened(home, passphrase_file) as (config, changes):
        key = changes.use(key_id, now=utc_now(), new_identity=new_identity)
        _tell(key, config, as_json=as_json)


@app.command("withdraw", epilog=epilog("ddcc issuer key withdraw p256-1 --yes"))
def withdraw_command(
    key_id: KeyName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Withdraw a key for good, e.g. a stolen one: whatever it signed is refused from now on."""
    with reporting_errors(as_json=as_json), _opened(home, passphrase_file) as (config, changes):
        key = find_key(changes.key_set(), key_id)
        question = (
            f"Every credential and status list that {key_id} signed will be refused for good. Withdraw it?"
        )
        # A key that signs is refused whatever is answered.
        if key.state is not KeyState.SIGNING and not yes and not ask_yes_no(question):
            raise ConfigurationError("the key was not withdrawn; nothing was changed")
        key = changes.withdraw(key_id, now=utc_now())
        _tell(key, config, as_json=as_json)


@app.command("import-hsm", epilog=epilog("ddcc issuer key import-hsm --label mint-2 --generate P-256 --sign"))
def import_hsm_command(
    label: Annotated[str, typer.Option("--label", help="The key's label in the token.")],
    module: Annotated[
        str | None, typer.Option("--module", help="PKCS#11 library; kept in the settings.")
    ] = None,
    token: Annotated[str | None, typer.Option("--token", help="The token's label.")] = None,
    pin_file: Annotated[
        Path | None, typer.Option("--pin-file", help="File with the user PIN; else DDCC_HSM_PIN.")
    ] = None,
    generate: Annotated[
        str | None, typer.Option("--generate", metavar="TYPE", help="Make it in the token: P-256, Ed25519.")
    ] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Let it sign from now on.")] = False,
    new_identity: NewIdentity = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Take in a key of a PKCS#11 token. BBS keys stay in the sealed file: no hardware has BLS12-381."""
    with reporting_errors(as_json=as_json), _opened(home, passphrase_file) as (config, changes):
        hsm = _hsm(config, module, token, pin_file)
        if sign:
            # Before a key is made that nobody would know of.
            changes.check_identity(new_identity=new_identity)
        opened = open_token(hsm.module, hsm.token, ask_pin(hsm))
        try:
            found = _find_or_make(opened, label, generate)
            opened.check(found.place, found.public_key)
        finally:
            opened.close()
        if config.hsm != hsm:
            change_identity(config.home / "issuer.toml", hsm=hsm)
        key = changes.add(found.public_key, found.place, now=utc_now(), sign=sign, new_identity=new_identity)
        _tell(key, config, as_json=as_json)


@contextmanager
def _opened(home: Path | None, passphrase_file: Path | None) -> Iterator[tuple[IssuerConfig, KeyChanges]]:
    with opened_store(home) as (config, store):
        yield config, KeyChanges(config, store, ask_passphrase(config, passphrase_file))


def _tell(key: KeptKey, config: IssuerConfig, *, as_json: bool) -> None:
    if as_json:
        print_json({"key": key_json(key, config)})
        return
    print_line(key_line(key, config))
    for line in _consequences(key, config):
        print_line(line)


def _consequences(key: KeptKey, config: IssuerConfig) -> list[str]:
    if key.state is KeyState.WITHDRAWN:
        where = (
            "verifiers notice when they read the DID document again: minutes, or as long as they keep it"
            if config.did is not None
            else "nobody can take a did:key back: relying parties have to take it out of their trust files"
        )
        return [
            f"  what it signed is refused from now on; {where}",
            "  next: ddcc issuer publish (status lists by another key), then mint again what it had signed",
        ]
    lines = ["  a service that runs signs with the keys it began with: start it anew"]
    if config.did is None:
        lines.append("  next: ddcc issuer trust-entry > trust.json, for every relying party")
    if key.state is KeyState.PUBLISHED:
        lines.append(f"  it does not sign yet: ddcc issuer key use {key.id}, when verifiers have read of it")
    return lines


def _key_type(name: str) -> KeyType:
    for key_type in _TYPES:
        if key_type == name:
            return key_type
    raise ConfigurationError(f"--type: expected {', '.join(_TYPES)}, found {name[:40]!r}")


def _hsm(config: IssuerConfig, module: str | None, token: str | None, pin_file: Path | None) -> HSMSettings:
    if config.hsm is not None:
        named = (module or config.hsm.module, token or config.hsm.token, pin_file or config.hsm.pin_file)
        if HSMSettings(*named) != config.hsm:
            raise ConfigurationError("the settings name another token in [hsm]: an issuer's keys are in one")
        return config.hsm
    if module is None or token is None:
        raise ConfigurationError("the first key of a token needs --module and --token")
    return HSMSettings(module, token, pin_file.absolute() if pin_file is not None else None)


def _find_or_make(token: Token, label: str, generate: str | None) -> FoundKey:
    if generate is not None:
        return token.generate(_key_type(generate), label)
    found = [each for each in token.key_pairs() if each.place.label == label]
    if len(found) != 1:
        raise ConfigurationError(
            f"expected one P-256 or Ed25519 key with the label {label!r} in the token, found {len(found)}"
        )
    return found[0]
