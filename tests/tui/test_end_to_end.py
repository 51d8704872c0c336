"""The whole story in a real terminal, against an issuer and a verifier that are processes of their own."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from protocols.compact import decode_presentation
from runtime.qr import read_qr
from tests.flows.network import Network, Venue, done, in_process, issuer_running, make_network, venue_running
from tests.processes import wait_until
from tests.tui.terminal import SECONDS, Terminal, require_tmux
from tests.wallet.conftest import PASSPHRASE
from vclib.errors import MalformedValueError

pytestmark = pytest.mark.slow

# Wide and high enough for a whole code.
SIZE = (200, 100)
NAME = "Zoë Ångström"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    require_tmux()
    network = make_network(tmp_path)
    done(in_process("wallet", "did", "new", "--name", "Bob", *network.wallet))
    with issuer_running(network):
        yield network


@pytest.fixture
def venue(network: Network) -> Iterator[Venue]:
    with venue_running(network, "did:web") as venue:
        yield venue


@pytest.fixture
def terminal(network: Network) -> Iterator[Terminal]:
    terminal = Terminal(network.folder, SIZE)
    yield terminal
    terminal.end()


def open_wallet(terminal: Terminal, network: Network) -> None:
    wallet = ("wallet", "--allow-loopback", "--wallet", str(network.folder / "alice.ddcc"))
    # What the tests' own terminal is called and how large it is, is not for this one.
    language = ("env", "-u", "COLUMNS", "-u", "LINES", "LANG=C.UTF-8", "COLORTERM=truecolor")
    terminal.start(*language, sys.executable, "-m", "ddcc.cli", *wallet)
    unlock(terminal)


def unlock(terminal: Terminal) -> None:
    terminal.wait_for("Open your wallet")
    terminal.type(PASSPHRASE)
    terminal.press("Enter")


def test_received_shared_shown_and_still_there_after_kill_9(
    network: Network, venue: Venue, terminal: Terminal
) -> None:
    """K4, L4: nothing that was shown as saved is lost, and Enter alone sends nothing."""
    open_wallet(terminal, network)
    terminal.wait_for("No credentials yet")
    receive(terminal, network)
    share(terminal, venue)
    show_to_a_scanner(terminal)

    terminal.type("l")
    terminal.wait_for("Presented")
    assert "Received" in terminal.screen()
    terminal.type("Escape")
    terminal.wait_for("Paste a link")

    terminal.type("2")
    terminal.wait_for("Bob")
    wait_until(lambda: NAME not in terminal.screen())
    terminal.type("0")
    terminal.wait_for(NAME)

    terminal.type("C-l")
    terminal.wait_for("Locked.")
    assert NAME not in terminal.screen()
    unlock(terminal)
    terminal.wait_for(NAME)

    terminal.kill_program()
    terminal.end()
    open_wallet(terminal, network)
    terminal.wait_for(NAME)
    terminal.type("l")
    terminal.wait_for("Presented")
    assert "Received" in terminal.screen()
    terminal.type("C-q")


def receive(terminal: Terminal, network: Network) -> None:
    """Paste an offer, say for whom it is, type a wrong code and the right one."""
    offer = network.offer(name=NAME)
    assert offer.tx_code is not None
    terminal.paste(str(offer.told["link"]))
    terminal.wait_for("For whom is it?")
    terminal.press("Enter")
    terminal.wait_for("It will be bound to the key of Alice.")
    terminal.type("0" * len(offer.tx_code))
    terminal.press("Enter")
    terminal.wait_for("The issuer does not take this code.")
    terminal.type(offer.tx_code)
    terminal.press("Enter")
    terminal.wait_for("Saved in the wallet: Vaccination status")
    assert offer.tx_code not in terminal.screen()
    terminal.press("Enter")
    terminal.wait_for("Paste a link")
    assert network.told(offer)["state"] == "redeemed"


def share(terminal: Terminal, venue: Venue) -> None:
    """Paste a request, read it, press Enter in vain, then s."""
    request = venue.ask()
    terminal.paste(request.link)
    shown = terminal.wait_for("s sends exactly this to")
    assert "proven: its signature was checked" in shown
    assert "go on only if you are dealing with" in shown
    terminal.press("Enter")
    terminal.press("Enter")
    assert "s sends exactly this to" in terminal.screen()
    assert request.result().json()["state"] == "fetched"
    terminal.type("s")
    terminal.wait_for("Sent to localhost")
    # It is given out once.
    told = request.result().json()
    assert told["result"]["outcome"] == "accepted", told


def show_to_a_scanner(terminal: Terminal) -> None:
    """Present without a network, and read the code from the screen as a camera does."""
    terminal.type("p")
    terminal.wait_for("For what?")
    terminal.press("Enter")
    terminal.wait_for("s signs exactly this and shows it")
    terminal.type("s")
    terminal.wait_for("f writes a picture or a file")
    text = scanned(terminal)
    (credential,) = decode_presentation(text)["verifiableCredential"]  # type: ignore[misc]  # JSON
    assert credential["credentialSubject"]["name"] == NAME  # type: ignore[index,call-overload]
    terminal.type("Escape")
    terminal.wait_for("Paste a link")


def scanned(terminal: Terminal) -> str:
    """Hold the camera before the screen until the code is drawn and read."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return read_qr(png_of(terminal.screen(styles=True)))
        except MalformedValueError:
            assert time.monotonic() < deadline, terminal.screen()
            time.sleep(0.5)


def png_of(screen: str) -> bytes:
    """Return what stands in a terminal as a picture: each cell is two pixels, one above the other."""
    lines = screen.splitlines()
    # tmux leaves the first background of a line out of what it tells; the program writes it (test_sizes).
    picture = Image.new("L", (SIZE[0], 2 * len(lines)), 255)
    for row, line in enumerate(lines):
        upper = lower = 255
        cells = re.findall(r"((?:\x1b\[[0-9;]*m)*)([^\x1b])", line)
        for column, (styles, character) in enumerate(cells[: SIZE[0]]):
            for style in re.findall(r"\x1b\[([0-9;]*)m", styles):
                upper, lower = shades(style, upper, lower)
            shade = upper if character == "\N{UPPER HALF BLOCK}" else lower
            picture.putpixel((column, 2 * row), shade)
            picture.putpixel((column, 2 * row + 1), lower)
    output = io.BytesIO()
    picture.resize((4 * picture.width, 4 * picture.height), Image.Resampling.NEAREST).save(output, "png")
    return output.getvalue()


def shades(style: str, upper: int, lower: int) -> tuple[int, int]:
    """Return the grey of foreground and background after a sequence like "38;2;0;0;0;48;2;255;255;255"."""
    for ground, red in re.findall(r"([34])8;2;([0-9]+);[0-9]+;[0-9]+", style):
        upper, lower = (int(red), lower) if ground == "3" else (upper, int(red))
    return upper, lower
