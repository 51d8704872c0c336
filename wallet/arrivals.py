"""What comes in, as the screens show it: an offer, who makes it, and what became of it.

Also recognises what somebody pasted: an offer, a request, a credential, a picture or file with one of these.
Every text of a stranger is inert (threats J5, J6). Not here: the protocol (`wallet.receiving`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from runtime.atomic import read_file
from runtime.clipboard import clipboard_picture
from runtime.images import MAX_IMAGE_BYTES, is_image
from runtime.qr import read_qr
from vclib.errors import MalformedError, MalformedValueError, VCError
from vclib.strict_json import JSONObject, parse_json_object
from wallet.exchanging import interaction_url
from wallet.holder import Holder
from wallet.issuer_client import IssuerClient
from wallet.network import Network
from wallet.reading import shown
from wallet.receiving import Choice, OfferPlan, Received, Receiver
from wallet.words import Words

# More than any link or credential of ours; what is longer was pasted by mistake (threat J5).
MAX_PASTE_CHARACTERS = 200_000

OFFER_SCHEMES = ("openid-credential-offer:", "haip-vci:")
REQUEST_SCHEMES = ("openid4vp:", "haip-vp:")
INTERACTION_SCHEMES = ("web+interaction:", "interaction:")


class Kind(StrEnum):
    """What was pasted."""

    OFFER = "offer"
    REQUEST = "request"
    INTERACTION = "interaction"
    CREDENTIAL = "credential"


@dataclass(frozen=True)
class Found:
    """What was recognised in a pasted text: its kind and the link or JSON itself."""

    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True)
class Offer:
    """What is offered, by which address, and under which key it would be received."""

    issuer: str
    issuer_name: str | None
    titles: tuple[str, ...]
    key: str | None
    begun: bool
    code: str | None
    plan: OfferPlan = field(repr=False)


@dataclass(frozen=True)
class Arrived:
    """What became of it: sentences for what is stored, refused and still to come; ids of what is stored."""

    stored: tuple[str, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    waiting: str | None
    ids: tuple[str, ...]


def recognise(text: str) -> Found | None:
    """Return what a pasted text is, None for anything else. A path is looked into.

    Raises StoreError for a file that cannot be read, and what reading a QR code raises.
    """
    if len(text) > MAX_PASTE_CHARACTERS:
        raise MalformedValueError(
            f"what was pasted has {len(text)} characters; a link or a credential has fewer than "
            f"{MAX_PASTE_CHARACTERS}"
        )
    found = _recognise_text(text.strip())
    if found is None:
        path = _path_of(text.strip())
        if path is not None:
            return _recognise_text(_read(path).strip())
    return found


def recognise_clipboard() -> Found | None:
    """Return what the code in the clipboard's picture is; raises as `clipboard_picture` and `read_qr`."""
    return _recognise_text(read_qr(clipboard_picture()).strip())


def looks_like_link(text: str) -> bool:
    """Say whether a pasted text is meant for the wallet, wherever it was pasted; no file is read."""
    return len(text) <= MAX_PASTE_CHARACTERS and _recognise_text(text.strip()) is not None


@dataclass(frozen=True)
class Arrivals:
    """Receives into an open wallet."""

    holder: Holder
    network: Network
    words: Words

    def read(self, link: str, key: str | None = None) -> Offer:
        """Return what a link offers; nothing is redeemed. `key` is a DID; raises as `Receiver.plan`."""
        planned = self._receiver.plan(link, Choice(key=key))
        keys = self.holder.keys()
        names = {key.did: key.name for key in keys}
        return Offer(
            issuer=shown(planned.issuer),
            issuer_name=None if planned.issuer_name is None else shown(planned.issuer_name),
            titles=tuple(shown(item.title) for item in planned.credentials),
            key=None if planned.key is None else shown(names.get(planned.key, planned.key)),
            begun=planned.begun,
            code=self._code_hint(planned),
            plan=planned,
        )

    def receive(self, offer: Offer, code: str | None) -> Arrived:
        """Redeem an offer with the code that was typed; raises as `Receiver.receive`.

        A wrong code is an InvalidGrantError or InvalidTxCodeError, and the same offer may be tried again.
        """
        answers = iter([code])
        return self._told(self._receiver.receive(offer.plan, lambda _code, _attempt: next(answers, None)))

    def decline(self, offer: Offer) -> None:
        """Remember that the holder said no."""
        self._receiver.decline(offer.plan)

    def resume(self) -> Arrived:
        """Ask for what was begun or promised for later; raises as `Receiver.resume`."""
        return self._told(self._receiver.resume())

    @property
    def unfinished(self) -> int:
        """How many issuances were begun and not finished."""
        return self._receiver.unfinished

    def add(self, text: str) -> Arrived:
        """Check a credential in JSON and keep it; raises as `Holder.add_credential`."""
        return self.keep(parse_json_object(text))

    def keep(self, document: JSONObject) -> Arrived:
        """Check a credential and keep it; raises as `Holder.add_credential`."""
        added = self.holder.add_credential(document)
        sentence = self._stored(added.view.title, added.view.person, duplicate=added.duplicate)
        notes = tuple(shown(self.words(text)) for text in added.warnings)
        return Arrived((sentence,), (), notes, None, (added.view.id,))

    @property
    def _receiver(self) -> Receiver:
        return Receiver(self.holder, IssuerClient(self.network.exchange, self.network.allow_loopback))

    def _code_hint(self, planned: OfferPlan) -> str | None:
        if planned.tx_code is None:
            return None
        if planned.tx_code.description:
            return shown(planned.tx_code.description)
        length = planned.tx_code.length
        if length is None:
            return self.words("The code that the issuer gave you.")
        return self.words("The code of {length} characters that the issuer gave you.", length=length)

    def _told(self, result: Received) -> Arrived:
        notes = [text for item in result.stored for text in (*item.notes, *item.added.warnings)]
        return Arrived(
            stored=tuple(
                self._stored(item.added.view.title, item.added.view.person, duplicate=item.added.duplicate)
                for item in result.stored
            ),
            refused=tuple(self._refused(err) for err in result.refused),
            notes=tuple(shown(self.words(text)) for text in dict.fromkeys((*notes, *result.warnings))),
            waiting=self.words.moment(min(result.waiting)) if result.waiting else None,
            ids=tuple(item.added.view.id for item in result.stored),
        )

    def _stored(self, title: str, person: str | None, *, duplicate: bool) -> str:
        name = shown(f"{title}, {person}" if person else title)
        if duplicate:
            return self.words("You have it already: {name}", name=name)
        return self.words("Saved in the wallet: {name}", name=name)

    def _refused(self, error: VCError) -> str:
        return self.words("Refused and not kept: {reason}", reason=shown(self.words.told(error.message)))


def _recognise_text(text: str) -> Found | None:
    lowered = text[:40].lower()
    if any(character.isspace() for character in text[:40]) and not text.startswith("{"):
        return None
    if lowered.startswith(OFFER_SCHEMES):
        return Found(Kind.OFFER, text)
    if lowered.startswith(REQUEST_SCHEMES):
        return Found(Kind.REQUEST, text)
    if lowered.startswith(INTERACTION_SCHEMES):
        return Found(Kind.INTERACTION, text)
    if lowered.startswith(("https://", "http://")):
        return _recognise_address(text)
    if text.startswith("{"):
        try:
            parse_json_object(text)
        except MalformedError:
            return None
        return Found(Kind.CREDENTIAL, text)
    return None


def _recognise_address(text: str) -> Found | None:
    try:
        names = parse_qs(urlsplit(text).query)
    except ValueError:
        return None
    if "credential_offer" in names or "credential_offer_uri" in names:
        return Found(Kind.OFFER, text)
    if "client_id" in names:
        return Found(Kind.REQUEST, text)
    try:
        interaction_url(text)
    except MalformedValueError:
        return None
    return Found(Kind.INTERACTION, text)


def _path_of(text: str) -> Path | None:
    """Return the existing file that a text names, as terminals paste a file that was dropped on them."""
    name = text.strip("'\"")
    if name.startswith("file://"):
        name = unquote(urlsplit(name).path)
    if not name or len(name) > 4096 or "\n" in name or "\0" in name:
        return None
    path = Path(name).expanduser()
    return path if path.is_file() else None


def _read(path: Path) -> str:
    content = read_file(path, max_bytes=MAX_IMAGE_BYTES)
    if is_image(content):
        return read_qr(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise MalformedValueError(f"{path.name} is neither text nor a PNG or JPEG picture") from err
