"""`ddcc demo venue`: the venue of a played demonstration, left running for a person to try its page.

Serves what the demonstration left: the venue with its key and trust, and the ministry whose keys and lists
the venue looks up. Not here: the demonstration (`ddcc.demo`), and the page (`verifier.page`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ddcc.demo_paper import paper_code
from ddcc.demo_scenery import RECOVERY, VACCINATION
from ddcc.demo_servers import Server, Servers, serving
from issuer.config import load_config as load_issuer
from runtime.console import print_line
from vclib.errors import ConfigurationError
from verifier.config import load_config as load_verifier


def serve_venue(folder: Path, marker: str, run: Callable[[Sequence[str]], int]) -> None:
    """Serve until somebody interrupts; `run` runs a command line of `ddcc`.

    Raises ConfigurationError for a folder without `marker`, which a demonstration leaves, and StoreError.
    """
    venue = load_verifier(folder / "venue", {}) if (folder / marker).is_file() else None
    if venue is None or venue.url is None:
        raise ConfigurationError(f"{folder} is not from a demonstration: play one first, with `ddcc demo`")
    issuer_url = load_issuer(folder / "issuer", {}).url
    if issuer_url is None:
        raise ConfigurationError(f"the ministry in {folder} has no address: play the demonstration anew")
    for withdrawn in (folder / "venue" / "revoked").glob("*.json"):
        # Whoever fetches such lists every day would have written it anew.
        withdrawn.touch()
    with serving() as servers:
        started = [
            _start(servers, folder, "issuer", "issuer", issuer_url),
            _start(servers, folder, "verifier", "venue", venue.url, "--allow-loopback"),
        ]
        for server in started:
            print_line(server.wait_until_ready())
        print_line("")
        print_line("Open the venue's page with this address; it signs one browser in, once:")
        run(["verifier", "page", "--home", str(folder / "venue"), "--minutes", "60"])
        wallet = f"--wallet {folder / 'wallets' / 'anran.ddcc'} --passphrase-file {folder / 'passphrase'}"
        print_line("Show the code, copy the link of `Open a wallet on this device`, and answer as Anran:")
        print_line(f"ddcc wallet present LINK --allow-loopback {wallet}")
        print_line("Or choose a picture on the page, as a guest with paper; the second one was withdrawn:")
        for record in (VACCINATION, RECOVERY):
            print_line(str(paper_code(folder, record, "png")))
        print_line("Ctrl-C ends it.")
        started[-1].process.wait()


def _start(servers: Servers, folder: Path, program: str, home: str, url: str, *options: str) -> Server:
    return servers.start(
        *(program, "serve", "--home", folder / home, "--port", urlsplit(url).port, *options),
        *("--passphrase-file", folder / "passphrase"),
        log=folder / "logs" / f"{home}.log",
    )
