"""A guest's wallet, a process of its own, answers the code on the page; every colour has its reason."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, expect

from protocols.compact import decode_presentation, encode_presentation
from tests.flows.conftest import as_process, in_process
from tests.flows.network import Network, Venue, done, venue_running
from tests.web.desk import SECONDS, Desk, compact, present, sign_in


def type_in(desk: Desk, text: str) -> None:
    desk.page.get_by_label("Or paste what the code says").fill(text)
    desk.page.get_by_role("button", name="Check it").click()


def test_a_wallet_scans_the_code_and_the_page_turns_green(network: Network, desk: Desk) -> None:
    """M1: signature, issuer, status, time and holder were all checked, by real processes."""
    link = desk.show_code()
    ran = as_process("wallet", "present", link, "--allow-loopback", "--yes", *network.wallet)
    assert ran.code == 0, ran.err
    assert (desk.word, desk.tone) == ("Accepted", "accepted")
    name = desk.page.locator("dd.name")
    assert name.inner_text() == "Mira Sandovar-Lind"
    assert desk.page.locator("dd.birth").inner_text() == "3 March 2003"
    size = name.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert size >= 28, "large enough to compare with a passport at arm's length"


def test_only_what_was_disclosed_is_shown(network: Network, desk: Desk) -> None:
    desk.answer_with(network)
    assert desk.word == "Accepted"
    desk.page.get_by_text("More that was shown").click()
    labels = set(desk.page.locator("article.answer dt").all_inner_texts())
    assert {"Name", "Date of birth", "Disease", "Dose number"} <= labels
    assert labels & {"Sex", "Personal identifier", "Batch number", "Place of vaccination"} == set()


def test_the_page_says_when_a_wallet_has_read_the_code(network: Network, desk: Desk) -> None:
    desk.show_code()
    desk.page.request.get(request_object_of(desk))
    expect(desk.page.locator("#progress-text")).to_have_text(
        "A wallet has read the code. Its holder is being asked.", timeout=SECONDS
    )
    expect(desk.page.locator("#announcer")).to_have_text(
        "A wallet has read the code. Its holder is being asked."
    )


def request_object_of(desk: Desk) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(desk.link).query)["request_uri"][0]


def test_the_code_is_also_a_link_for_this_device(network: Network, desk: Desk) -> None:
    link = desk.show_code()
    there = desk.page.get_by_role("link", name="Open a wallet on this device")
    assert there.get_attribute("href") == link


def test_a_wallet_that_declines_is_unclear_and_not_refused(network: Network, desk: Desk) -> None:
    link = desk.show_code()
    # Not to present it, but to say so.
    told = ("--tell-refusal", "--allow-loopback", *network.wallet)
    in_process("wallet", "present", link, *told, stdin=b"n\n")
    assert (desk.word, desk.tone) == ("Unclear", "unclear")
    assert "The guest's wallet sent nothing" in desk.why


def test_a_cancelled_code_counts_no_more(network: Network, desk: Desk) -> None:
    link = desk.show_code()
    desk.page.get_by_role("button", name="Cancel").click()
    expect(desk.page.locator("#start")).to_be_visible()
    assert present(network, link).code != 0


def test_a_revoked_credential_is_red_and_says_so(network: Network, desk: Desk) -> None:
    guest = network.new_wallet("revoked")
    guest.hold()
    listed = done(in_process("issuer", "list", "--json", *network.issuer_home)).json["credentials"]
    newest = listed[-1]["recordId"]
    done(in_process("issuer", "revoke", newest, "--reason", "test", *network.issuer_home, *network.secret))
    desk.answer_with(guest)
    assert (desk.word, desk.tone) == ("Refused", "refused")
    assert desk.why == "Its issuer has withdrawn it."


def test_a_changed_code_is_red_and_says_so(network: Network, desk: Desk, tmp_path: Path) -> None:
    document = decode_presentation(compact(network, tmp_path))
    credential = document["verifiableCredential"]
    (first,) = credential if isinstance(credential, list) else [credential]
    assert isinstance(first, dict)
    subject = first["credentialSubject"]
    assert isinstance(subject, dict)
    subject["name"] = "Somebody Else"
    type_in(desk, encode_presentation(document))
    assert (desk.word, desk.tone) == ("Refused", "refused")
    assert "the signature does not fit" in desk.why
    assert "Somebody Else" not in desk.page.content()


def test_a_code_for_nobody_is_amber_until_somebody_has_compared_it(
    network: Network, desk: Desk, tmp_path: Path
) -> None:
    """M1."""
    code = compact(network, tmp_path)
    type_in(desk, code)
    assert (desk.word, desk.tone) == ("Compare", "compare")
    desk.page.get_by_role("button", name="It is this person").click()
    assert (desk.word, desk.tone) == ("Accepted", "accepted")
    desk.page.get_by_role("button", name="Next guest").click()
    type_in(desk, code)
    desk.page.get_by_role("button", name="It is somebody else").click()
    assert (desk.word, desk.tone) == ("Refused", "refused")


def test_a_passport_that_fits_makes_a_paper_code_green_and_another_red(
    network: Network, desk: Desk, tmp_path: Path
) -> None:
    code = compact(network, tmp_path)
    for line, word, says in (
        ("{name} 2003-03-03", "Accepted", "The passport fits."),
        ("Smith, John 1950-01-01", "Refused", "The passport does not fit:"),
        ("{name}", "Compare", "Compare by eye:"),
    ):
        type_in(desk, code)
        assert desk.word == "Compare"
        name = desk.page.locator("dd.name").inner_text()
        desk.page.get_by_label("Line of the passport").fill(line.format(name=name))
        desk.page.get_by_role("button", name="Compare it").click()
        expect(desk.page.locator("#match")).to_contain_text(says, timeout=SECONDS)
        assert desk.word == word
        desk.page.get_by_role("button", name="Next guest").click()


def test_a_document_reader_types_into_the_field_of_the_passport(
    network: Network, desk: Desk, tmp_path: Path
) -> None:
    """It is as fast as a hand scanner, and what it types is no code of the next guest."""
    type_in(desk, compact(network, tmp_path))
    assert desk.word == "Compare"
    desk.page.get_by_label("Line of the passport").focus()
    line = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    desk.page.keyboard.type(line)
    desk.page.keyboard.press("Enter")
    assert desk.word == "Compare"
    assert desk.page.get_by_label("Line of the passport").input_value().startswith(line)


def test_a_venue_without_the_issuers_list_is_amber_while_the_network_is_gone(
    network: Network, browser: Browser, tmp_path: Path
) -> None:
    """M1, M4: what could not be looked up is never green."""
    code = compact(network, tmp_path)
    with (
        venue_running(network, "did:web", serving=("--offline",)) as venue,
        closing(browser.new_context()) as context,
    ):
        desk = sign_in(venue, context)
        type_in(desk, code)
        assert (desk.word, desk.tone) == ("Unclear", "unclear")
        assert "could not be looked up now" in desk.why
        expect(desk.page.locator("#ages")).to_have_text(
            "This server looks nothing up: it works with the files it was given."
        )


def test_the_answer_is_told_in_french(network: Network, venue: Venue, browser: Browser) -> None:
    with closing(browser.new_context(locale="fr-CH")) as context:
        desk = sign_in(venue, context)
        assert desk.page.locator("html").get_attribute("lang") == "fr"
        desk.page.get_by_role("button", name="Montrer le code").click()
        done(present(network, desk.link))
        assert (desk.word, desk.tone) == ("Accepté", "accepted")
        assert desk.page.locator("dd.birth").inner_text() == "3 mars 2003"
        assert "Maladie" in desk.page.locator("article.answer dt").all_inner_texts()


def test_the_answer_of_one_guest_reaches_only_the_desk_that_asked(
    network: Network, venue: Venue, browser: Browser, desk: Desk
) -> None:
    with closing(browser.new_context()) as context:
        other = sign_in(venue, context)
        other.show_code()
        desk.answer_with(network)
        assert desk.word == "Accepted"
        expect(other.page.locator("#asking")).to_be_visible()
        expect(other.page.locator("#answer")).to_be_hidden()


def test_a_server_that_is_gone_is_said_and_comes_back(network: Network, desk: Desk) -> None:
    desk.show_code()
    desk.context.set_offline(True)
    desk.says("The venue's server does not answer. Nothing can be checked until it does.")
    desk.context.set_offline(False)
    done(present(network, desk.link))
    assert desk.word == "Accepted"
    expect(desk.page.locator("#banner")).to_be_hidden()
