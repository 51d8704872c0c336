"""runtime.serve_options: nothing is served in clear to other machines, unless a proxy ends TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.serve_options import check_exposure, tls_files, url_of
from runtime.serving import TLSFiles
from vclib.errors import ConfigurationError


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_plain_http_is_for_this_machine(host: str) -> None:
    check_exposure(host, tls=False, behind_proxy=False)


@pytest.mark.parametrize(("tls", "behind_proxy"), [(True, False), (False, True)])
def test_other_machines_are_served_over_tls_or_behind_a_proxy(tls: bool, behind_proxy: bool) -> None:
    check_exposure("0.0.0.0", tls=tls, behind_proxy=behind_proxy)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "venue.example", "localhost.example"])
def test_other_machines_are_not_served_in_clear(host: str) -> None:
    with pytest.raises(ConfigurationError, match="can be reached from other machines"):
        check_exposure(host, tls=False, behind_proxy=False)


def test_a_certificate_comes_with_its_key() -> None:
    certificate, key = Path("venue.pem"), Path("venue.key")
    assert tls_files(None, None) is None
    assert tls_files(certificate, key) == TLSFiles(certificate, key)
    for one in ((certificate, None), (None, key)):
        with pytest.raises(ConfigurationError, match="needed together"):
            tls_files(*one)


def test_an_address_becomes_a_url() -> None:
    assert url_of("127.0.0.1", 8441, tls=False) == "http://127.0.0.1:8441"
    assert url_of("::1", 8441, tls=True) == "https://[::1]:8441"
