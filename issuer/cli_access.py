"""The commands about who may call the service: `ddcc issuer token create|list|revoke`.

Only translates between the command line and `issuer.access`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from issuer.access import AccessToken, Role, create_token, list_tokens, revoke_token
from issuer.cli_shared import Home, opened_store
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import print_json, print_line, reporting_errors
from vclib.datetimes import format_datetime
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject

app = typer.Typer()
token_app = typer.Typer(help="Say who may call the service.", no_args_is_help=True)
app.add_typer(token_app, name="token")

_ROLES = ", ".join(Role)


@token_app.command("create", epilog=epilog('ddcc issuer token create --name "Clinic 7" --role minter'))
def create_command(
    name: Annotated[str, typer.Option("--name", help="Whose it is, for your own list.")],
    role: Annotated[str, typer.Option("--role", help=f"What it allows: {_ROLES}.")],
    days: Annotated[
        int | None, typer.Option("--days", help="After how many days it ends. Default: token_days.")
    ] = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Make a token and print it, once: only its digest is kept."""
    with reporting_errors(as_json=as_json), opened_store(home) as (config, store):
        lasts = config.token_days if days is None else days
        if not 1 <= lasts <= 3650:
            raise ConfigurationError(f"--days: expected 1 to 3650, found {lasts}")
        token, kept = create_token(store, name=name, role=_role(role), days=lasts, now=utc_now())
        if as_json:
            print_json({"token": token, **_token_json(kept)})
            return
        print_line(token)
        print_line(f"  {kept.token_id}  {kept.role} until {kept.expires:%Y-%m-%d}; it is not shown again")


@token_app.command("list", epilog=epilog("ddcc issuer token list"))
def list_command(home: Home = None, as_json: AsJSON = False) -> None:
    """List the tokens, oldest first, without what would open anything."""
    with reporting_errors(as_json=as_json), opened_store(home) as (_, store):
        tokens = list_tokens(store)
        if as_json:
            print_json({"tokens": [_token_json(each) for each in tokens]})
            return
        for each in tokens:
            print_line(
                f"{each.token_id}  {each.state(utc_now()):<7}  {each.role:<8} "
                f"until {each.expires:%Y-%m-%d}  {each.name}"
            )
        if not tokens:
            print_line("there are no tokens")


@token_app.command("revoke", epilog=epilog("ddcc issuer token revoke 3f9a0c1b2d4e"))
def revoke_command(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `token list` shows.")],
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Make a token worthless at once, for every worker."""
    with reporting_errors(as_json=as_json), opened_store(home) as (_, store):
        revoke_token(store, token_id, now=utc_now())
        if as_json:
            print_json({"revoked": token_id})
        else:
            print_line(f"revoked {token_id}")


def _role(text: str) -> Role:
    if text not in list(Role):
        raise ConfigurationError(f"--role: expected {_ROLES}, found {text[:40]!r}")
    return Role(text)


def _token_json(token: AccessToken) -> JSONObject:
    return {
        "id": token.token_id,
        "name": token.name,
        "role": str(token.role),
        "state": token.state(utc_now()),
        "created": format_datetime(token.created),
        "expires": format_datetime(token.expires),
    }
