"""`ddcc wallet present` and `export`: what leaves the wallet is shown, asked for, then signed and written.

A verifier's link instead of an id leads to `wallet.cli_answer`.

The list of what leaves and the question go to standard error, the presentation to standard output or to
files, so that it can be piped. What could not be delivered (a taken file name, a code too large to scan) is
found out before the holder is asked.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from health import SITUATIONS
from protocols.compact import encode_presentation
from runtime.atomic import write_file
from runtime.commands import AsJSON, PassphraseFile, epilog
from runtime.console import (
    ExitCode,
    ask_yes_no,
    inert_text,
    print_json,
    print_line,
    print_warning,
    reporting_errors,
)
from runtime.qr import BLOCKS, QRCode, make_qr
from runtime.streams import can_print
from vclib.errors import ConfigurationError, StoreError
from vclib.strict_json import JSONObject, dump_json
from wallet import cli_answer
from wallet.cli_answer import AllowLoopback
from wallet.cli_disclosures import disclosures_json, plan_lines
from wallet.cli_shared import WalletFile, Yes, opened
from wallet.holder import Holder, PresentationPlan, Request

app = typer.Typer()

# What a signature with challenge and domain adds to the code of an unsigned presentation, rounded up.
_SIGNATURE_CHARACTERS = 400

Situation = Annotated[
    str | None, typer.Option("--for", help=f"Disclose what a situation needs: {', '.join(SITUATIONS)}.")
]
Pointers = Annotated[
    list[str] | None,
    typer.Option("--disclose", help="JSON pointer of a claim, e.g. /credentialSubject/name. Repeatable."),
]
OutFile = Annotated[Path | None, typer.Option("--out", help="Write it to this file instead of printing it.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]


@dataclass(frozen=True)
class _Delivery:
    """Where the presentation goes."""

    out: Path | None
    qr: Path | None
    qr_terminal: bool
    force: bool

    @property
    def wants_code(self) -> bool:
        return self.qr is not None or self.qr_terminal

    def check(self, planned: PresentationPlan) -> None:
        """Find out what would fail before anybody is asked; StoreError, ConfigurationError, RangeError."""
        for path in (self.out, self.qr):
            _check_free(path, force=self.force)
        if self.qr is not None and self.qr.suffix.lower() not in (".png", ".svg"):
            raise ConfigurationError(
                f"expected a file name that ends in .png or .svg, found {self.qr.name!r}"
            )
        if self.qr_terminal and not can_print(BLOCKS):
            raise ConfigurationError("this terminal cannot show a QR code: write a picture with --qr FILE")
        if self.wants_code:
            # The signature is yet to come; its length is known well enough.
            make_qr(encode_presentation(planned.document) + "0" * _SIGNATURE_CHARACTERS)


@app.command(
    "present", epilog=epilog("ddcc wallet present 1a2b --for venue --challenge 7Jc --domain https://v")
)
def present_command(
    credential_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID",
            help="As listed; may be left out if there is only one credential. Or what a verifier shows: its "
            "openid4vp:// link, or a picture of its QR code.",
        ),
    ] = None,
    situation: Situation = None,
    pointers: Pointers = None,
    everything: Annotated[bool, typer.Option("--all", help="Disclose every claim.")] = False,
    challenge: Annotated[
        str | None, typer.Option("--challenge", help="The challenge that the verifier sent.")
    ] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="The verifier that asks.")] = None,
    no_challenge: Annotated[
        bool,
        typer.Option("--no-challenge", help="For paper: no challenge and no domain. Anybody can copy it."),
    ] = False,
    unlinkable: Annotated[
        bool,
        typer.Option("--unlinkable", help="Use bbs-2023, or refuse where the credential has no such proof."),
    ] = False,
    out: OutFile = None,
    qr: Annotated[Path | None, typer.Option("--qr", help="Write a QR code: FILE.png or FILE.svg.")] = None,
    qr_terminal: Annotated[bool, typer.Option("--qr-terminal", help="Print a QR code.")] = False,
    force: Force = False,
    credentials: Annotated[
        list[str] | None,
        typer.Option("--credential", help="With a link: which credential, where several fit. Repeatable."),
    ] = None,
    beyond_purpose: Annotated[
        bool,
        typer.Option("--beyond-purpose", help="With a link and --yes: also what its purpose does not need."),
    ] = False,
    unverified: Annotated[
        bool,
        typer.Option("--unverified", help="With a link and --yes: also if nobody proves who asks."),
    ] = False,
    tell_refusal: Annotated[
        bool,
        typer.Option("--tell-refusal", help="With a link: where nothing is presented, tell the verifier so."),
    ] = False,
    trust_anchors: Annotated[
        Path | None,
        typer.Option("--trust-anchors", help="With a link: trusted certificates (PEM), not the system's."),
    ] = None,
    allow_loopback: AllowLoopback = False,
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Show what would leave, ask, and sign a presentation of it for one verifier.

    With a verifier's link the wallet finds out who asks, shows which credential answers, and sends it there.
    """
    with reporting_errors(as_json=as_json):
        if cli_answer.is_request(credential_ids):
            offline = (situation, pointers, everything, challenge, domain, no_challenge, unlinkable)
            if any((*offline, out, qr, qr_terminal)):
                raise ConfigurationError("with a verifier's link, the link says what is asked and where to")
            consent = cli_answer.Consent(yes, beyond_purpose, unverified, tell_refusal)
            cli_answer.answer(
                (credential_ids or [""])[0],
                cli_answer.Settings(wallet, passphrase_file, trust_anchors, allow_loopback, as_json),
                consent,
                credentials or (),
            )
            return
        _check_question(challenge, domain, no_challenge=no_challenge)
        request = Request(challenge, domain, situation, tuple(pointers or ()), everything, unlinkable)
        delivery = _Delivery(out, qr, qr_terminal, force)
        with opened(wallet, passphrase_file) as holder:
            planned = holder.plan_presentation(credential_ids or _only_credential(holder), request)
            delivery.check(planned)
            for line in shown_lines(holder, planned):
                print(inert_text(line), file=sys.stderr)
            if not yes and not ask_yes_no("Let this leave the wallet?"):
                holder.decline(planned)
                print("nothing left the wallet", file=sys.stderr)
                raise typer.Exit(ExitCode.REFUSED)
            signed = holder.confirm(planned)
        code = _deliver(signed, delivery)
        if as_json:
            print_json(_result(planned, signed, code))
        elif out is None and not delivery.wants_code:
            print_json(signed)


@app.command("export", epilog=epilog("ddcc wallet export 1a2b3c4d --out credential.json"))
def export_command(
    credential_id: Annotated[str, typer.Argument(metavar="ID", help="As listed; a beginning is enough.")],
    pointers: Pointers = None,
    out: OutFile = None,
    force: Force = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Write a credential with its plain proofs, or a part of it; base proofs stay in the wallet."""
    with reporting_errors(as_json=as_json):
        _check_free(out, force=force)
        with opened(wallet, passphrase_file) as holder:
            exported = holder.export_credential(credential_id, pointers or ())
        if out is None:
            print_json(exported)
            return
        _write_json(out, exported, force=force)
        if as_json:
            print_json({"file": str(out), "credential": exported})
        else:
            print_line(f"wrote {out}")


def _check_question(challenge: str | None, domain: str | None, *, no_challenge: bool) -> None:
    if no_challenge and (challenge is not None or domain is not None):
        raise ConfigurationError("--no-challenge excludes --challenge and --domain")
    if not no_challenge and (challenge is None or domain is None):
        raise ConfigurationError(
            "a presentation answers one verifier: give --challenge and --domain, or --no-challenge for paper"
        )


def _only_credential(holder: Holder) -> list[str]:
    views = holder.credentials()
    if len(views) != 1:
        raise ConfigurationError(
            f"the wallet holds {len(views)} credentials: say which to present (ddcc wallet list)"
        )
    return [views[0].id]


def shown_lines(holder: Holder, planned: PresentationPlan) -> list[str]:
    """Return the lines that tell what will leave, for whom, signed with which key."""
    lines = [f"This will leave the wallet, for {planned.request.domain or 'NOBODY IN PARTICULAR'}:"]
    warnings = [f"WARNING: {warning}" for warning in planned.warnings]
    return [*lines, *plan_lines(holder, planned), *warnings, ""]


def _deliver(signed: JSONObject, delivery: _Delivery) -> QRCode | None:
    if delivery.out is not None:
        _write_json(delivery.out, signed, force=delivery.force)
    if not delivery.wants_code:
        return None
    code = make_qr(encode_presentation(signed))
    if delivery.qr is not None:
        picture = code.svg() if delivery.qr.suffix.lower() == ".svg" else code.png()
        write_file(delivery.qr, picture, overwrite=delivery.force)
    if delivery.qr_terminal:
        if shutil.get_terminal_size().columns < code.columns:
            print_warning(
                f"the code needs a window of {code.columns} columns; a picture scans better: --qr FILE"
            )
        print(code.terminal(), end="")
    return code


def _result(planned: PresentationPlan, signed: JSONObject, code: QRCode | None) -> JSONObject:
    result: JSONObject = {
        "disclosures": disclosures_json(planned),
        "signers": list(planned.signers),
        "warnings": list(planned.warnings),
        "presentation": signed,
    }
    if code is not None:
        result["qr"] = {"version": code.version, "errorCorrection": code.error_correction}
    return result


def _check_free(path: Path | None, *, force: bool) -> None:
    if path is not None and path.exists() and not force:
        raise StoreError(f"{path} exists already; use --force to replace it")


def _write_json(path: Path, document: JSONObject, *, force: bool) -> None:
    write_file(path, (dump_json(document, indent=2) + "\n").encode(), overwrite=force)
