"""`ddcc wallet present LINK`: a verifier on the network asks, its holder sees what would leave, and answers.

Who asks, what leaves and every question go to standard error. Saying yes is never the default; `--yes` covers
neither a verifier that proves nothing of itself nor what is asked beyond the stated purpose (threats L1, L4).
That nothing is presented is told to the verifier only if the holder says so, too (L5). Where the verifier
wants the browser to go is printed, not opened.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from health import label
from protocols.oid4vp import (
    AccessDeniedError,
    AuthenticatedRequest,
    AuthorizationError,
    VPFormatsNotSupportedError,
)
from runtime.anchors import read_anchors, system_anchors
from runtime.console import (
    ExitCode,
    ask_yes_no,
    exit_code_for,
    print_error,
    print_json,
    print_line,
    print_told,
)
from runtime.exchange import Exchanger
from runtime.fetch import Fetcher
from runtime.images import is_image
from vclib.did import resolver
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject, JSONValue
from wallet.answering import Answerer, AnswerPlan
from wallet.cli_disclosures import disclosures_json, plan_lines
from wallet.cli_links import is_link, read_link
from wallet.cli_shared import credential_line, opened
from wallet.holder import CredentialView
from wallet.verifier_client import SCHEMES, VerifierClient

_IMAGE_HEAD_BYTES = 16

AllowLoopback: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-loopback", help="Development only: also talk to servers on this machine."),
]


@dataclass(frozen=True)
class Settings:
    """Where the wallet is, whom to trust, and how to print."""

    wallet: Path | None
    passphrase_file: Path | None
    trust_anchors: Path | None
    allow_loopback: bool
    as_json: bool


@dataclass(frozen=True)
class Consent:
    """What the holder said on the command line already."""

    yes: bool
    beyond_purpose: bool
    unverified: bool
    tell_refusal: bool


def is_request(arguments: Sequence[str] | None) -> bool:
    """Say whether the arguments are a verifier's link, or the picture of one, and no ids of credentials."""
    if arguments is None or len(arguments) != 1:
        return False
    (argument,) = arguments
    if argument == "-" or is_link(argument, SCHEMES):
        return True
    path = Path(argument)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_image(file.read(_IMAGE_HEAD_BYTES))


def answer(link: str, settings: Settings, consent: Consent, wanted: Sequence[str]) -> None:
    """Answer a verifier's request, or say why not; ends with an exit code where nothing was presented."""
    text = read_link(link, SCHEMES)
    anchors = read_anchors(settings.trust_anchors) if settings.trust_anchors else system_anchors()
    resolve = resolver(fetch=Fetcher(allow_loopback=settings.allow_loopback, warns=False))
    client = VerifierClient(
        Exchanger(allow_loopback=settings.allow_loopback),
        resolve,
        trust_anchors=anchors,
        allow_loopback=settings.allow_loopback,
    )
    with opened(settings.wallet, settings.passphrase_file, resolve=resolve) as holder:
        answerer = Answerer(holder, client)
        asked = answerer.read(text)
        _show(_who_lines(asked))
        choose_one = None if consent.yes else _ask_which
        try:
            planned = answerer.plan(asked, wanted=wanted, choose_one=choose_one)
        except (AccessDeniedError, VPFormatsNotSupportedError) as err:
            print_error(err)
            _tell(answerer, asked, err, consent, settings)
            raise typer.Exit(exit_code_for(err)) from err
        _show(_answer_lines(answerer, planned))
        if not _agrees(planned, consent):
            _tell(answerer, asked, None, consent, settings)
            raise typer.Exit(ExitCode.REFUSED)
        redirect_uri = answerer.send(planned)
        if settings.as_json:
            print_json({**_result(planned), "redirectUri": redirect_uri})
            return
        print_line(f"sent to {planned.host}")
        if redirect_uri is not None:
            print_line(f"the verifier asks you to go on at: {redirect_uri}")


def _agrees(planned: AnswerPlan, consent: Consent) -> bool:
    """Ask; what is asked beyond the purpose, and a verifier that proves nothing, are asked about by name."""
    verified = planned.asked.identity.is_authenticated
    if consent.yes:
        if planned.surplus and not consent.beyond_purpose:
            raise ConfigurationError(
                "more is asked than the stated purpose needs: --yes needs --beyond-purpose"
            )
        if not verified and not consent.unverified:
            raise ConfigurationError("nobody proves who asks: --yes needs --unverified")
        return True
    if planned.surplus and not ask_yes_no(f"Also give what the purpose does not need: {_surplus(planned)}?"):
        return False
    known = "" if verified else ", though nobody proves who asks"
    return ask_yes_no(f"Let this leave the wallet, for {planned.host}{known}?")


def _tell(
    answerer: Answerer,
    asked: AuthenticatedRequest,
    error: AuthorizationError | None,
    consent: Consent,
    settings: Settings,
) -> None:
    """Tell the verifier that nothing comes if the holder agrees to that, and say what was told."""
    question = "Tell the verifier that nothing is presented? It does not learn why."
    told = consent.tell_refusal or (not consent.yes and ask_yes_no(question))
    if told:
        answerer.refuse(asked, error)
    else:
        answerer.decline(asked)
    print("nothing left the wallet" + (", and the verifier knows" if told else ""), file=sys.stderr)
    if settings.as_json:
        print_json({"presented": False, "told": told})


def _ask_which(query_id: str, views: Sequence[CredentialView]) -> CredentialView:
    lines = [f"  {number}  {credential_line(view)}" for number, view in enumerate(views, start=1)]
    _show([f"several credentials answer this ({query_id}):", *lines])
    print("Which one? ", end="", file=sys.stderr, flush=True)
    typed = sys.stdin.readline().strip()
    if not typed.isdecimal() or not 1 <= int(typed[:6]) <= len(views):
        raise ConfigurationError("none of the credentials was chosen")
    return views[int(typed) - 1]


def _who_lines(asked: AuthenticatedRequest) -> list[str]:
    identity, request = asked.identity, asked.request
    proven = "proven by its signature" if identity.is_authenticated else "NOT PROVEN"
    lines = [f"Asked by: {identity.name} ({proven})"]
    if request.client_metadata.client_name:
        lines.append(f"it calls itself: {request.client_metadata.client_name}")
    lines.append(f"for, in its own words: {request.purpose or '(it does not say)'}")
    for each in request.reasons:
        lines.append(f"  {label(each.pointer)}: {each.reason}")
    lines.append(f"the answer goes to: {request.response_uri}")
    return lines


def _answer_lines(answerer: Answerer, planned: AnswerPlan) -> list[str]:
    lines = ["", "This will leave the wallet:"]
    for part in planned.parts:
        lines += plan_lines(answerer.holder, part.planned)
        if part.bare:
            lines.append("(the credential alone is sent, without this signature)")
    if planned.surplus:
        lines.append(f"BEYOND THE STATED PURPOSE: {_surplus(planned)}")
    return [*lines, *(f"WARNING: {warning}" for warning in planned.warnings), ""]


def _surplus(planned: AnswerPlan) -> str:
    return ", ".join(dict.fromkeys(label(pointer) for pointer in planned.surplus))


def _result(planned: AnswerPlan) -> JSONObject:
    identity = planned.asked.identity
    surplus: list[JSONValue] = list(planned.surplus)
    warnings: list[JSONValue] = list(planned.warnings)
    return {
        "presented": True,
        "verifier": {
            "clientId": identity.client_id.text,
            "name": identity.name,
            "authenticated": identity.is_authenticated,
            "purpose": planned.asked.request.purpose,
        },
        "disclosures": [item for part in planned.parts for item in disclosures_json(part.planned)],
        "beyondPurpose": surplus,
        "warnings": warnings,
    }


def _show(lines: Sequence[str]) -> None:
    for line in lines:
        print_told(line)
