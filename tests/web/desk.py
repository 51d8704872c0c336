"""A desk of the venue: the page in a real Chromium, before a real server, with guests and their wallets."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from protocols.compact import encode_presentation
from tests.flows.conftest import Ran, in_process
from tests.flows.network import Network, Venue, done
from tests.requirements import missing
from tests.web.pictures import qr_png
from vclib.strict_json import parse_json_object

SECONDS = 20_000  # milliseconds that the browser may take for anything
# A page that asked another host for anything would not get it.
_LOOPBACK_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
_VIDEO = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def chromium() -> str:
    """Return the installed Chromium; without one the test is skipped, or fails where it has to be there."""
    found = os.environ.get("DDCC_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing("needs Chromium (Debian: chromium)", required_by="DDCC_REQUIRE_CHROMIUM")
    return found


@contextmanager
def browsing(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Run a Chromium that talks to this machine only."""
    browser = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", _LOOPBACK_ONLY, *arguments]
    )
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Desk:
    """One device at the page; `context` is its browser profile."""

    venue: Venue
    context: BrowserContext
    page: Page

    @property
    def word(self) -> str:
        """The one word of the answer, once there is one."""
        heading = self.page.locator("#word")
        expect(heading).to_be_visible(timeout=SECONDS)
        return heading.inner_text()

    @property
    def tone(self) -> str | None:
        return self.page.locator("article.answer").get_attribute("data-tone")

    @property
    def why(self) -> str:
        return self.page.locator("#why").inner_text()

    def says(self, text: str) -> None:
        """The page shows this text now or soon."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=SECONDS)

    def show_code(self) -> str:
        """Press the button that shows a request, and return the link in it."""
        self.page.get_by_role("button", name="Show the code").click()
        return self.link

    @property
    def link(self) -> str:
        self.page.locator("#asking .code svg").wait_for(timeout=SECONDS)
        return read_code(self.page)

    def answer_with(self, network: Network, *options: object) -> Ran:
        """Let a guest's wallet answer the code that is shown."""
        return done(present(network, self.show_code(), *options))


def read_code(page: Page) -> str:
    """Read the QR code on the page as a wallet's camera would."""
    import zxingcpp

    picture = Image.open(io.BytesIO(page.locator("#asking .code").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return str(found.text)


def present(network: Network, link: str, *options: object) -> Ran:
    """Answer a request with the wallet's command."""
    return in_process("wallet", "present", link, "--allow-loopback", "--yes", *options, *network.wallet)


def sign_in(venue: Venue, context: BrowserContext, query: str = "") -> Desk:
    """Sign a browser profile in by the operator's link, and open the page."""
    told = done(in_process("verifier", "page", "--json", "--home", venue.home)).json
    page = context.new_page()
    page.goto(told["address"])
    page.wait_for_url(f"{venue.url}/")
    if query:
        page.goto(f"{venue.url}/{query}")
    return Desk(venue, context, page)


def compact(network: Network, folder: Path, *options: object) -> str:
    """Return a presentation as the text of a QR code, made by the wallet for nobody in particular."""
    file = folder / "answer.json"
    asked = ("--for", "venue", "--challenge", "c-1", "--domain", "https://door.example", "--force")
    done(in_process("wallet", "present", *asked, "--out", file, "--yes", *options, *network.wallet))
    return encode_presentation(parse_json_object(file.read_bytes()))


def write_video(path: Path, text: str | None, size: tuple[int, int] = (1280, 960)) -> Path:
    """Write what a camera sees as a file that Chromium plays for ever: a QR code on a table, or only that."""
    frame = Image.new("RGB", size, "#b9b4aa")
    if text is not None:
        code = Image.open(io.BytesIO(qr_png(text, scale=6))).convert("RGB")
        side = min(size) - 60
        code = code.resize((side, side), Image.Resampling.LANCZOS)
        frame.paste(code, ((size[0] - side) // 2, (size[1] - side) // 2))
    buffer = io.BytesIO()
    frame.save(buffer, "JPEG", quality=92)
    path.write_bytes(buffer.getvalue() * 3)
    return path


def camera_arguments(video: Path) -> tuple[str, ...]:
    """Return what makes a Chromium play a file as its camera, and let the page use it."""
    return (*_VIDEO, f"--use-file-for-fake-video-capture={video}")


def violations(page: Page, axe: str) -> list[Any]:
    """Return what axe-core finds wrong with what the page shows now. Any: its own report."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(axe)
    found: list[Any] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: "
        "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => r.violations)"
    )
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]
