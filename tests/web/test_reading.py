"""The page reads a code that a guest shows: by camera, picture, paste, keyboard and hand scanner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.flows.network import Network, Venue
from tests.web.desk import Desk, browsing, camera_arguments, compact, sign_in, write_video
from tests.web.pictures import qr_png

PAPER = "Compare"


@pytest.fixture(scope="module")
def code(network: Network, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A genuine presentation as the text of a QR code."""
    return compact(network, tmp_path_factory.mktemp("code"))


def paste(desk: Desk, text: str) -> None:
    """Paste a text anywhere on the page, as the browser hands it over."""
    desk.page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const event = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
            document.dispatchEvent(event);
        }""",
        text,
    )


def test_a_pasted_code_is_answered(desk: Desk, code: str) -> None:
    paste(desk, code)
    assert (desk.word, desk.tone) == (PAPER, "compare")


def test_a_typed_code_is_answered_and_leaves_the_field(desk: Desk, code: str) -> None:
    desk.page.get_by_label("Or paste what the code says").fill(code)
    desk.page.get_by_role("button", name="Check it").click()
    assert desk.word == PAPER
    assert desk.page.locator("#text").input_value() == ""


@pytest.mark.parametrize("focus", ["body", "[data-do=camera]"])
def test_a_hand_scanner_works_wherever_the_focus_is(desk: Desk, code: str, focus: str) -> None:
    """It types like a keyboard and ends with Enter; nothing that has the focus is pressed by it."""
    chosen = desk.page.locator("#situation").input_value()
    if focus != "body":
        desk.page.locator(focus).focus()
    desk.page.keyboard.type(code)
    desk.page.keyboard.press("Enter")
    assert desk.word == PAPER
    assert desk.page.locator("#situation").input_value() == chosen
    expect(desk.page.locator("#scanning")).to_be_hidden()


def test_what_a_person_types_is_no_scan(desk: Desk) -> None:
    desk.page.locator("body").press("Tab")
    desk.page.keyboard.type("a short word")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#start")).to_be_visible()


def test_a_picture_is_read_by_the_venues_server(desk: Desk, code: str) -> None:
    picture = {"name": "code.png", "mimeType": "image/png", "buffer": qr_png(code)}
    desk.page.locator("#picture").set_input_files(picture)  # type: ignore[arg-type]  # a file in memory
    assert desk.word == PAPER


def test_a_picture_without_a_code_is_told(desk: Desk) -> None:
    desk.page.locator("#picture").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": qr_png(None)}  # type: ignore[arg-type]
    )
    assert (desk.word, desk.tone) == ("Unclear", "unclear")
    assert "No code was found in the picture" in desk.why


def test_a_file_that_is_no_picture_is_told(desk: Desk) -> None:
    """J3, J8: a program in disguise is refused by its type, a broken file by its content."""
    for name, kind in (("x.svg", "image/svg+xml"), ("x.png", "image/png")):
        desk.page.locator("#picture").set_input_files(
            {"name": name, "mimeType": kind, "buffer": b"<svg onload=alert(1)>"}  # type: ignore[arg-type]
        )
        desk.says("That could not be read")
        expect(desk.page.locator("#start")).to_be_visible()


def test_another_standards_code_is_named_and_declined(desk: Desk) -> None:
    """J1."""
    paste(desk, "shc:/5676290952432060346029243740")
    assert (desk.word, desk.tone) == ("Unclear", "unclear")
    assert "It is of a kind that cannot be checked here." in desk.why
    assert "SMART Health Card" in desk.why


def test_a_web_address_is_named_and_declined_and_never_opened(desk: Desk) -> None:
    """J1."""
    paste(desk, "https://evil.example/x")
    assert (desk.word, desk.tone) == ("Unclear", "unclear")
    assert "web address" in desk.why
    assert desk.page.url.startswith(desk.venue.url)


def test_a_code_that_is_no_certificate_is_refused(desk: Desk) -> None:
    """J1."""
    paste(desk, "9" * 4000)
    assert (desk.word, desk.tone) == ("Refused", "refused")
    assert "It is not written as a certificate has to be." in desk.why


# --- The camera ------------------------------------------------------------------------------------


@contextmanager
def desk_with(playwright: Playwright, venue: Venue, *arguments: str, script: str = "") -> Iterator[Desk]:
    """A device of its own, with a camera as the arguments say."""
    with browsing(playwright, *arguments) as browser, closing(browser.new_context()) as context:
        if script:
            context.add_init_script(script)
        yield sign_in(venue, context)


def test_the_cameras_picture_is_read_by_the_venues_server(
    playwright: Playwright, venue: Venue, code: str, tmp_path: Path
) -> None:
    """Chromium on Linux has no BarcodeDetector, so the server reads the pictures."""
    video = write_video(tmp_path / "code.mjpeg", code)
    with desk_with(playwright, venue, *camera_arguments(video)) as desk:
        assert desk.page.evaluate("'BarcodeDetector' in window") is False
        desk.page.get_by_role("button", name="Use the camera").click()
        assert (desk.word, desk.tone) == (PAPER, "compare")
        assert desk.page.evaluate("document.getElementById('video').srcObject") is None


def test_the_browser_reads_the_picture_where_it_can(
    playwright: Playwright, venue: Venue, code: str, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "table.mjpeg", None)
    detector = f"""window.BarcodeDetector = class {{
        static async getSupportedFormats() {{ return ["qr_code"]; }}
        async detect() {{ return [{{rawValue: {code!r}}}]; }}
    }};"""
    with desk_with(playwright, venue, *camera_arguments(video), script=detector) as desk:
        sent: list[str] = []
        desk.page.on("request", lambda request: sent.append(request.url))
        desk.page.get_by_role("button", name="Use the camera").click()
        assert desk.word == PAPER
        assert [url for url in sent if "/page/frame" in url] == []


def test_the_camera_looks_on_until_there_is_a_code_and_goes_off_with_back(
    playwright: Playwright, venue: Venue, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "table.mjpeg", None)
    with desk_with(playwright, venue, *camera_arguments(video)) as desk:
        with desk.page.expect_response(lambda response: "/page/frame" in response.url):
            desk.page.get_by_role("button", name="Use the camera").click()
        with desk.page.expect_response(lambda response: "/page/frame" in response.url) as looked:
            pass
        assert looked.value.json() == {"state": "nothing"}
        desk.page.get_by_role("button", name="Back").click()
        expect(desk.page.locator("#start")).to_be_visible()
        assert desk.page.evaluate("document.getElementById('video').srcObject") is None


def test_a_refused_camera_is_said_and_the_other_ways_work(
    playwright: Playwright, venue: Venue, code: str
) -> None:
    """M5: nobody allows the camera that is there."""
    with desk_with(playwright, venue, "--use-fake-device-for-media-stream") as desk:
        desk.page.get_by_role("button", name="Use the camera").click()
        desk.says("The camera may not be used: this browser refuses it.")
        paste(desk, code)
        assert desk.word == PAPER
        expect(desk.page.locator("#banner")).to_be_hidden()


def test_an_absent_camera_is_said_and_the_other_ways_work(desk: Desk, code: str) -> None:
    """M5."""
    desk.page.get_by_role("button", name="Use the camera").click()
    desk.says("No camera was found.")
    desk.page.keyboard.type(code)
    desk.page.keyboard.press("Enter")
    assert desk.word == PAPER


def test_a_camera_without_https_is_said(venue: Venue, browser: Browser) -> None:
    """M5: browsers give no camera to a page that came over plain http from elsewhere."""
    with closing(browser.new_context()) as context:
        context.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined});")
        desk = sign_in(venue, context)
        desk.page.get_by_role("button", name="Use the camera").click()
        desk.says("The camera needs an address that begins with https.")
        # What else there is to do is still there.
        expect(desk.page.locator("#start")).to_be_visible()
