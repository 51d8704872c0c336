"""The commands of credential offers: `offer` makes one, `offers` lists them, `approve` decides one.

None of them needs the issuer's keys: what an offer promises is signed by the service when a wallet comes for
it. Only translates between the command line and `issuer.openid.offering`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from health import Record, RowError, read_records
from issuer.cli_shared import Home, opened_store
from issuer.openid.offering import CreatedOffer, IssuanceSettings, Offering
from issuer.openid.offers import OfferStore
from issuer.openid.service_secrets import ServiceSecrets
from issuer.openid.tables import StoredOffer
from issuer.options import MintOptions
from runtime.atomic import write_file
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import print_json, print_line, print_warning, read_input, reporting_errors
from runtime.qr import QRCode, check_fits, make_qr
from runtime.terminal import columns_of
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError, ParsingError, RecordError, StoreError
from vclib.strict_json import JSONObject

app = typer.Typer()


@app.command("offer", epilog=epilog("ddcc issuer offer vaccination.json --qr offer.png"))
def offer_command(
    file: Annotated[
        Path, typer.Argument(metavar="RECORD", help="One health record: JSON, CSV or FHIR; - is input.")
    ],
    suite: Annotated[str | None, typer.Option("--suite", help="ecdsa-sd-2023 or bbs-2023.")] = None,
    plain: Annotated[str | None, typer.Option("--plain", help="ecdsa-rdfc-2019 or eddsa-rdfc-2022.")] = None,
    tx_code: Annotated[
        bool, typer.Option("--tx-code/--no-tx-code", help="Ask the holder for a code that is told elsewhere.")
    ] = True,
    tx_code_file: Annotated[
        Path | None,
        typer.Option("--tx-code-file", metavar="FILE", help="Write this code into a file instead."),
    ] = None,
    deferred: Annotated[
        bool, typer.Option("--deferred", help="Issue only after `ddcc issuer approve OFFER`.")
    ] = False,
    minutes: Annotated[
        int | None, typer.Option("--minutes", help="How long it can be redeemed. Default: 15.")
    ] = None,
    valid_days: Annotated[
        int | None, typer.Option("--valid-days", help="After how many days the credential ends.")
    ] = None,
    mandatory: Annotated[
        list[str] | None,
        typer.Option("--mandatory", help="JSON pointer that every presentation shows. Repeatable."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Mint a record that was minted before.")] = False,
    qr: Annotated[
        Path | None, typer.Option("--qr", metavar="FILE", help="Write the link as a QR code: .png or .svg.")
    ] = None,
    qr_terminal: Annotated[
        bool, typer.Option("--qr-terminal", help="Print the link as a QR code, too.")
    ] = False,
    by_value: Annotated[
        bool, typer.Option("--by-value", help="Put the offer itself into the link; a larger QR code.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Offer the credential of one health record to a wallet, as a link and a QR code."""
    with reporting_errors(as_json=as_json), _opened(home) as offering:
        now = utc_now()
        _check_files(qr, tx_code_file if tx_code else None, force=force)
        options = MintOptions(
            suite=suite, plain=plain, valid_days=valid_days, mandatory=tuple(mandatory or ()), again=again
        )
        created = offering.create(
            _one_record(file, now),
            options,
            now=now,
            with_tx_code=tx_code,
            deferred=deferred,
            minutes=minutes,
        )
        link = created.link_by_value if by_value else created.link
        code = make_qr(link)
        if qr is not None:
            # Whoever sees the code may fetch the credential, so the file is its owner's.
            write_file(qr, _picture(code, qr), overwrite=force)
        if tx_code_file is not None and created.tx_code is not None:
            write_file(tx_code_file, f"{created.tx_code}\n".encode(), overwrite=force)
        if as_json:
            print_json(_created_json(created, link, with_code=tx_code_file is None))
            return
        _tell(created, link, tx_code_file)
        if qr_terminal:
            _print_code(code)


@app.command("offers", epilog=epilog("ddcc issuer offers"))
def offers_command(home: Home = None, as_json: AsJSON = False) -> None:
    """List the offers of the last weeks, oldest first, with what wallets told of them."""
    with reporting_errors(as_json=as_json), _opened(home) as offering:
        listed = offering.listed(now=utc_now())
        if as_json:
            print_json({"offers": [_offer_json(offer, told) for offer, told in listed]})
            return
        for offer, told in listed:
            words = " ".join(word for word in (offer.state, offer.approval, *told) if word)
            print_line(
                f"{offer.offer_id}  {format_datetime(offer.created)}  {offer.configuration_id}  {words}"
            )
        if not listed:
            print_line("nothing is offered")


@app.command("approve", epilog=epilog("ddcc issuer approve 4f1c22a90b7733de01"))
def approve_command(
    offer_id: Annotated[str, typer.Argument(metavar="OFFER", help="The id that `ddcc issuer offers` lists.")],
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it for good instead.")] = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Approve a deferred offer, so that the wallet that waits for it gets the credential."""
    with reporting_errors(as_json=as_json), _opened(home) as offering:
        offering.decide(offer_id, approve=not refuse, now=utc_now())
        word = "refused" if refuse else "approved"
        if as_json:
            print_json({"offerId": offer_id, "approval": word})
        else:
            print_line(f"{word} {offer_id}")


@contextmanager
def _opened(home: Path | None) -> Iterator[Offering]:
    with opened_store(home) as (config, store):
        offers = OfferStore(store)
        yield Offering(config, offers, ServiceSecrets(offers), settings=IssuanceSettings.of(config))


def _one_record(file: Path, now: datetime) -> Record:
    try:
        text = read_input(file).decode("utf-8")
    except UnicodeDecodeError as err:
        raise ParsingError(f"{file}: expected UTF-8 text, byte {err.start} is not") from err
    rows = list(read_records(text, now=now))
    if len(rows) != 1:
        raise RecordError(f"{file}: expected one record for one offer, found {len(rows)}")
    row = rows[0]
    if isinstance(row, RowError):
        raise RecordError(row.message)
    if row.holder is not None:
        raise RecordError("an offer names no holder: the wallet proves its own key", element="holder")
    return row.record


def _check_files(qr: Path | None, tx_code_file: Path | None, *, force: bool) -> None:
    """Refuse before anything is offered what could not be written afterwards."""
    for path in (qr, tx_code_file):
        if path is not None and path.exists() and not force:
            raise StoreError(f"{path} exists already; use --force to replace it")
    if qr is not None and qr.suffix.lower() not in (".png", ".svg"):
        raise ConfigurationError(f"--qr: expected a name that ends in .png or .svg, found {qr.name!r}")


def _picture(code: QRCode, file: Path) -> bytes:
    return code.svg() if file.suffix.lower() == ".svg" else code.png()


def _print_code(code: QRCode) -> None:
    """Print the code where it fits; the offer is made and its link told, so it is no failure if not."""
    try:
        check_fits(code, columns_of(sys.stdout))
    except ConfigurationError as err:
        print_warning(err.message)
        return
    print(code.terminal(), end="")


def _created_json(created: CreatedOffer, link: str, *, with_code: bool) -> JSONObject:
    answer: JSONObject = {
        "offerId": created.offer_id,
        "link": link,
        "credentialOffer": created.offer.to_json(),
        "expires": format_datetime(created.expires),
    }
    if with_code and created.tx_code is not None:
        answer["txCode"] = created.tx_code
    return answer


def _offer_json(offer: StoredOffer, told: tuple[str, ...]) -> JSONObject:
    return {
        "offerId": offer.offer_id,
        "configuration": offer.configuration_id,
        "state": offer.state,
        "approval": offer.approval,
        "created": format_datetime(offer.created),
        "expires": format_datetime(offer.expires),
        "events": list(told),
    }


def _tell(created: CreatedOffer, link: str, tx_code_file: Path | None) -> None:
    print_line(f"offer {created.offer_id}, good until {format_datetime(created.expires)}")
    print_line(f"  link  {link}")
    if created.tx_code is not None:
        code = created.tx_code if tx_code_file is None else f"in {tx_code_file}"
        print_line(f"  code  {code} (tell the holder on another way than the link)")
