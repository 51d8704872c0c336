"""The names a service answers to, where nothing else says that a request was meant for it.

A page of another site can make a browser send requests to a service of this machine or network, by giving
that address to a name of its own (DNS rebinding). No token and no cookie of a session goes along then; where
neither is asked for, the name in the Host header tells such a request. Ports are not compared: tunnels and
proxies change them, and this does not. Not here: tokens (`runtime.bearer`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request

from runtime.addresses import listens_on_loopback_only
from runtime.web import RequestError

# Browsers take these for this machine, whatever a name server says (RFC 6761 section 6.3).
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def own_hosts(url: str | None, *, listens_on: str) -> frozenset[str]:
    """Return the names of a service at `url`, and of this machine where it listens there only."""
    own = urlsplit(url).hostname if url is not None else None
    names = {own} if own else set()
    return frozenset(names | _LOOPBACK_NAMES if listens_on_loopback_only(listens_on) else names)


def require_host(hosts: Collection[str]) -> Callable[[Request], None]:
    """Return a route's dependency that refuses a request for another name than these as 421."""

    def check(request: Request) -> None:
        named = request.headers.getlist("host")
        if len(named) != 1 or _host_of(named[0]) not in hosts:
            raise RequestError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this service has another name; a proxy in front of it has to pass the Host header on",
            )

    return check


def _host_of(header: str) -> str | None:
    """Return the name in a Host header in small letters, without its port; None for what is none."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
