"""`ddcc verifier page`: sign a device in to the venue's page, or all of them out.

Whoever may read the verifier's folder may do so. Not here: the page (`verifier.page`), and how it is served
(`verifier.cli_serve`).
"""

from __future__ import annotations

import webbrowser
from datetime import timedelta
from typing import Annotated

import typer

from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import print_json, print_line, print_warning, reporting_errors
from vclib.datetimes import format_datetime
from verifier.cli_serve import DatabaseURL, Home, opened_store
from verifier.config import service_config

app = typer.Typer()

_MAX_MINUTES = 24 * 60


@app.command("page", epilog=epilog("ddcc verifier page --home verifier"))
def page_command(
    minutes: Annotated[
        int,
        typer.Option("--minutes", min=1, max=_MAX_MINUTES, help="How long the link counts, once."),
    ] = 10,
    in_browser: Annotated[bool, typer.Option("--open", help="Open it in this machine's browser.")] = False,
    sign_out: Annotated[
        bool, typer.Option("--sign-out-all", help="Sign every device out instead, and end all links.")
    ] = False,
    database: DatabaseURL = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Print the address that signs one device in to the venue's page, while `ddcc verifier serve` runs."""
    with reporting_errors(as_json=as_json):
        from verifier.desks import Desks

        config = service_config(home)
        store = opened_store(home, database)
        desks, now = Desks(store.database), utc_now()
        if sign_out:
            count = desks.sign_out_all()
            told = {"signedOut": count}
            store.close()
            print_json({**told}) if as_json else print_line(f"ended {count} sessions and links")
            return
        lifetime = timedelta(minutes=minutes)
        address = f"{config.url}/enter#{desks.new_link(now=now, lifetime=lifetime)}"
        store.close()
        if as_json:
            print_json({"address": address, "expires": format_datetime(now + lifetime)})
        else:
            print_line(address)
        if in_browser and not webbrowser.open(address):
            print_warning("no browser could be opened here: open the address yourself")
