"""`ddcc verifier key`: whom wallets see asking, and the key that proves it.

Only translates between the command line and `verifier.key_changes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from protocols.oid4vp import ClientIdPrefix
from runtime.atomic import narrow_permissions
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import (
    print_json,
    print_line,
    print_warning,
    read_new_passphrase,
    read_passphrase,
    reporting_errors,
)
from runtime.keys import KeptKey, open_token
from vclib.errors import ConfigurationError
from vclib.keys import encode_multikey
from vclib.strict_json import JSONObject
from verifier.config import VerifierConfig, load_config, process_environment
from verifier.identity import OwnIdentity, open_identity
from verifier.key_changes import (
    NewIdentity,
    imported_key,
    key_in_token,
    key_set,
    new_key,
    rotate,
    set_identity,
    withdraw,
)

if TYPE_CHECKING:
    from runtime.keys.pkcs11 import FoundKey

PIN_VARIABLE = "DDCC_HSM_PIN"

app = typer.Typer(help="Whom wallets see asking, and the key that proves it.", no_args_is_help=True)

Home: TypeAlias = Annotated[
    Path | None, typer.Option("--home", help="Folder of the verifier. DDCC_VERIFIER_HOME.")
]


@app.callback()
def main() -> None:
    """Whom wallets see asking, and the key that proves it."""


@app.command("set", epilog=epilog("ddcc verifier key set --client-id-prefix decentralized_identifier"))
def set_command(
    prefix: Annotated[
        str,
        typer.Option("--client-id-prefix", help="decentralized_identifier, x509_san_dns or x509_hash."),
    ] = ClientIdPrefix.DECENTRALIZED_IDENTIFIER.value,
    as_did_key: Annotated[
        bool,
        typer.Option("--did-key", help="Be a did:key; the default is the did:web of the verifier's URL."),
    ] = False,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Certificate chain in PEM, the verifier's own first.")
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option("--private-key", help="The key in PEM, kept sealed; else a new one is made."),
    ] = None,
    hsm_label: Annotated[
        str | None, typer.Option("--hsm-label", help="Or the label of a key in the token of the settings.")
    ] = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Set whom wallets see asking: make or take in the key, and write client_id into the settings."""
    with reporting_errors(as_json=as_json):
        config = _config(home)
        now = utc_now()
        if certificate is not None and private_key is None and hsm_label is None:
            raise ConfigurationError("a certificate needs its key: --private-key or --hsm-label")
        if hsm_label is not None:
            key = key_in_token(_found_in_token(config, hsm_label), now)
        else:
            key = new_key(now) if private_key is None else imported_key(private_key, now)
        identity = NewIdentity(_prefix(prefix), key, certificate, as_did_key)
        client_id, kept = set_identity(config, _passphrase(config, passphrase_file), identity, now=now)
        if as_json:
            print_json({"client_id": client_id, "key": key_json(kept)})
        else:
            print_line(f"{client_id} signs with {kept.id}")


@app.command("list", epilog=epilog("ddcc verifier key list --home verifier"))
def list_command(home: Home = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False) -> None:
    """List the keys, with their state."""
    with reporting_errors(as_json=as_json):
        config = _config(home)
        keys = key_set(config, _passphrase(config, passphrase_file))
        if as_json:
            print_json({"client_id": config.client_id, "keys": [key_json(key) for key in keys]})
            return
        print_line(config.client_id or "no client_id: requests are not signed")
        for each in keys:
            print_line(f"  {each.id:<11} {each.key_type:<8} {each.state}")


@app.command("rotate", epilog=epilog("ddcc verifier key rotate --home verifier"))
def rotate_command(
    home: Home = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False
) -> None:
    """Let a new key sign under the same did:web; the old one stays in its document."""
    with reporting_errors(as_json=as_json):
        config = _config(home)
        _tell(rotate(config, _passphrase(config, passphrase_file), now=utc_now()), as_json=as_json)


@app.command("withdraw", epilog=epilog("ddcc verifier key withdraw p256-1 --home verifier"))
def withdraw_command(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, e.g. p256-1.")],
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Take a key out of the DID document for good."""
    with reporting_errors(as_json=as_json):
        config = _config(home)
        _tell(withdraw(config, _passphrase(config, passphrase_file), key_id), as_json=as_json)


def read_identity(config: VerifierConfig, passphrase_file: Path | None) -> OwnIdentity | None:
    """Return who asks, None for a verifier that signs nothing; asks for passphrase and PIN.

    For a service, before it forks: a key in a token has proven to sign, and nothing of it is left open.
    """
    if config.client_id is None:
        return None
    identity = open_identity(
        config, _passphrase(config, passphrase_file), read_pin=lambda: _pin(config), now=utc_now()
    )
    identity.check()
    return identity


def key_json(key: KeptKey) -> JSONObject:
    """Return what is public about a key."""
    return {
        "id": key.id,
        "type": key.key_type.value,
        "state": key.state.value,
        "publicKeyMultibase": encode_multikey(key.public_key),
    }


def _tell(key: KeptKey, *, as_json: bool) -> None:
    if as_json:
        print_json({"key": key_json(key)})
    else:
        print_line(f"{key.id} is {key.state}; a service that runs has to be started anew")


def _config(home: Path | None) -> VerifierConfig:
    config = load_config(home)
    if config is None or not config.file.exists():
        raise ConfigurationError(
            "name the folder of a verifier that was set up: --home, `ddcc verifier init`"
        )
    return config


def _prefix(name: str) -> ClientIdPrefix:
    try:
        return ClientIdPrefix(name)
    except ValueError as err:
        raise ConfigurationError(
            f"--client-id-prefix: expected {', '.join(ClientIdPrefix)}, found {name[:40]!r}"
        ) from err


def _passphrase(config: VerifierConfig, file: Path | None) -> str:
    read = read_passphrase
    if not config.keys_path.exists():
        read = read_new_passphrase
    elif narrow_permissions(config.keys_path):
        print_warning(f"other users of this computer could read {config.keys_path}; now they cannot")
    return read("Passphrase of the verifier's keys", file=file, environment=process_environment())


def _pin(config: VerifierConfig) -> str:
    return read_passphrase(
        "PIN of the token",
        file=config.hsm_pin_file,
        environment=process_environment(),
        variable=PIN_VARIABLE,
    )


def _found_in_token(config: VerifierConfig, label: str) -> FoundKey:
    if config.hsm_module is None or config.hsm_token is None:
        raise ConfigurationError("--hsm-label: the settings name no hsm_module and hsm_token")
    token = open_token(config.hsm_module, config.hsm_token, _pin(config))
    try:
        found = [each for each in token.key_pairs() if each.place.label == label]
        if len(found) != 1:
            raise ConfigurationError(
                f"expected one key with the label {label!r} in the token, found {len(found)}"
            )
        token.check(found[0].place, found[0].public_key)
    finally:
        token.close()
    return found[0]
