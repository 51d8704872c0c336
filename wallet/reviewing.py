"""From a question to a review, and from a review to what leaves: for verifiers on the network and at a door.

`read` finds out who asks, `plan` what would leave, `send` sends exactly that; `offline` and `deliver` do the
same for a code that is shown. Each review carries the plan it was made of. Not here: the protocols
(`wallet.answering`, `wallet.exchanging`), deriving (`wallet.presenting`), the screens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from health import CLINIC, claims_from_credential, label, pointers_for
from protocols.compact import encode_presentation
from protocols.oid4vp import (
    AccessDeniedError,
    AuthenticatedRequest,
    AuthorizationError,
    VPFormatsNotSupportedError,
)
from runtime.atomic import write_file
from runtime.qr import QUIET_ZONE, QRCode, make_qr
from vclib.errors import ConfigurationError, RangeError, VCError
from vclib.proofs import base_proofs, without_proofs
from vclib.strict_json import JSONObject, dump_json
from wallet.answering import Answerer, AnswerPlan
from wallet.exchanging import Asked, Exchanging, NothingFitsError
from wallet.holder import CredentialView, Holder, PresentationPlan, Request
from wallet.network import Network
from wallet.reading import language_of, readable, shown
from wallet.reviews import (
    Asker,
    Mark,
    Presenting,
    Review,
    ReviewLine,
    is_under,
    links,
    options_of,
    review_lines,
    signed_with,
    stays,
    title_of,
)
from wallet.verifier_client import VerifierClient
from wallet.words import Words


@dataclass(frozen=True)
class Question:
    """A request that was read: who asks, and the request itself for whoever plans the answer."""

    asker: Asker
    asked: AuthenticatedRequest | Asked = field(repr=False)


@dataclass(frozen=True)
class Options:
    """Several credentials answer one query: the holder chooses (id, words for it)."""

    query: str
    credentials: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NoAnswer:
    """The wallet has nothing that answers; the verifier is told only if the holder agrees (threat L5)."""

    question: Question
    reason: str
    error: VCError = field(repr=False)


@dataclass(frozen=True)
class Sent:
    """What left, where to, and where the verifier wants the browser to go. `follow_up` is asked next."""

    host: str
    browser: str | None = None
    follow_up: Question | None = None


@dataclass(frozen=True)
class Code:
    """A signed presentation to show: as JSON, as rows of a QR code with quiet zone, or too large for one."""

    document: JSONObject = field(repr=False)
    qr: QRCode | None = field(repr=False)
    reason: str = ""

    def rows(self) -> tuple[bytes, ...]:
        """Return the modules, quiet zone included; 1 is black."""
        if self.qr is None:
            return ()
        blank = bytes(len(self.qr.modules[0]) + 2 * QUIET_ZONE)
        side = bytes(QUIET_ZONE)
        rows = (bytes([*side, *row, *side]) for row in self.qr.modules)
        return (*[blank] * QUIET_ZONE, *rows, *[blank] * QUIET_ZONE)

    def write(self, path: Path) -> None:
        """Write it to a new file: a picture (.png, .svg) or JSON; StoreError, ConfigurationError."""
        kind = path.suffix.lower()
        if kind in (".png", ".svg") and self.qr is None:
            raise ConfigurationError("this presentation fits no QR code: choose a name that ends in .json")
        if self.qr is not None and kind in (".png", ".svg"):
            content = self.qr.svg() if kind == ".svg" else self.qr.png()
        elif kind == ".json":
            content = (dump_json(self.document, indent=2) + "\n").encode()
        else:
            raise ConfigurationError("expected a file name that ends in .png, .svg or .json")
        write_file(path, content, overwrite=False)


class _SeveralFit(Exception):  # noqa: N818 - not a failure: it carries a question out of the matching
    def __init__(self, options: Options) -> None:
        super().__init__(options.query)
        self.options = options


@dataclass(frozen=True)
class Reviewing:
    """Reviews for an open wallet."""

    holder: Holder
    network: Network
    words: Words

    def read(self, link: str, *, interaction: bool = False) -> Question | None:
        """Return who asks what; None for an interaction that asks nothing.

        Raises what `Answerer.read` and `Exchanging.open` raise; nothing has left the wallet.
        """
        if interaction:
            asked = self._exchanging.open(link)
            return None if asked is None else self._question(asked)
        return self._authenticated(self._answerer.read(link))

    def plan(
        self, question: Question, chosen: Mapping[str, str] | None = None
    ) -> Review | Options | NoAnswer:
        """Return what would leave; or the choice to make first; or why nothing answers.

        `chosen` says which credential answers which query.
        """
        asked = question.asked
        try:
            if isinstance(asked, Asked):
                return self._review_exchange(question, asked, self._exchanging.plan(asked))
            return self._review_answer(
                question, self._answerer.plan(asked, choose_one=self._chooser(chosen or {}))
            )
        except _SeveralFit as err:
            return err.options
        except (AccessDeniedError, VPFormatsNotSupportedError, NothingFitsError) as err:
            return NoAnswer(question, shown(err.message), err)

    def grant(self, review: Review, switch: str) -> Review:
        """Return the review with a surplus switch turned."""
        return replace(review, granted=review.granted ^ {switch})

    def offline(self, presenting: Presenting) -> Review:
        """Return what a presentation without a network would show; raises as `Holder.plan_presentation`."""
        document = without_proofs(self.holder.document(presenting.credential_id))
        pointers = presenting.pointers
        if presenting.situation is not None:
            pointers = pointers_for(presenting.situation, document)
        chosen = replace(presenting, situation=None, pointers=tuple(pointers))
        request = Request(
            presenting.challenge or None, presenting.domain or None, pointers=chosen.pointers, minimum=True
        )
        planned = self.holder.plan_presentation([presenting.credential_id], request)
        lines = review_lines(self.holder, [planned], self.words, mark=Mark.CHOSEN)
        return Review(
            asker=None,
            lines=(
                *self._with_switches(lines, planned, document),
                *self._left_out(chosen, document, {value.pointer for value in planned.disclosures[0].values}),
            ),
            links=links([planned], self.words),
            stays=stays([planned], self.holder, self.words),
            warnings=tuple(self.words(text) for text in planned.warnings),
            signed_with=signed_with([planned], self.holder, self.words),
            source=(chosen, planned),
        )

    def turned(self, presenting: Presenting, switch: str) -> Presenting:
        """Return what is presented with one value turned on or off."""
        pointers = list(presenting.pointers)
        if switch in pointers:
            pointers.remove(switch)
        else:
            pointers.append(switch)
        return replace(presenting, situation=None, pointers=tuple(pointers))

    def send(self, review: Review) -> Sent:
        """Sign and send what was reviewed.

        Raises ConfigurationError where a surplus was not granted, ProofGenerationError where plan or request
        have changed; then nothing has left. FetchError and the like: it may have arrived.
        """
        if review.missing_grants:
            raise ConfigurationError("what is asked beyond the purpose was not granted; nothing was sent")
        source = review.source
        if isinstance(source, AnswerPlan):
            return Sent(shown(source.host), _shown_or_none(self._answerer.send(source)))
        asked, planned = source
        if not isinstance(asked, Asked):
            raise ConfigurationError("a presentation for a door is shown, not sent")
        more = self._exchanging.send(asked, planned)
        return Sent(shown(asked.host), None, None if more is None else self._question(more))

    def deliver(self, review: Review) -> Code:
        """Sign what was reviewed, for showing; raises as `Holder.confirm`."""
        source = review.source
        if isinstance(source, AnswerPlan) or isinstance(source[0], Asked):
            raise ConfigurationError("what a verifier asked for is sent, not shown")
        document = self.holder.confirm(source[1])
        try:
            return Code(document, make_qr(encode_presentation(document)))
        except RangeError as err:
            return Code(document, None, err.message)

    def refuse(self, question: Question, *, tell: bool, error: VCError | None = None) -> None:
        """Remember the refusal; tell the verifier only with `tell` (threat L5)."""
        asked = question.asked
        if isinstance(asked, Asked):
            # An exchange that is not continued ends by itself; there is nothing to send.
            self.holder.shelf.record("present", "declined", {"domain": asked.request.domain})
        elif tell:
            self._answerer.refuse(asked, error if isinstance(error, AuthorizationError) else None)
        else:
            self._answerer.decline(asked)

    def decline(self, review: Review) -> None:
        """Remember that a presentation at a door was not made."""
        if not isinstance(review.source, AnswerPlan):
            self.holder.decline(review.source[1])

    @property
    def _answerer(self) -> Answerer:
        network = self.network
        client = VerifierClient(
            network.exchange, network.resolve, network.trust_anchors, network.allow_loopback
        )
        return Answerer(self.holder, client)

    @property
    def _exchanging(self) -> Exchanging:
        return Exchanging(self.holder, self.network.exchange)

    def _authenticated(self, asked: AuthenticatedRequest) -> Question:
        identity, request = asked.identity, asked.request
        name, language = request.client_metadata.client_name, language_of(self.words)
        asker = Asker(
            name=shown(identity.name),
            proven=identity.is_authenticated,
            how=self._how(identity.name, proven=identity.is_authenticated),
            calls_itself=_shown_or_none(name),
            purpose=_shown_or_none(request.purpose),
            address=shown(request.response_uri),
            reasons=tuple((shown(label(at, language)), shown(why)) for at, why in _reasons(asked).items()),
        )
        return Question(asker, asked)

    def _question(self, asked: Asked) -> Question:
        how = self.words("known by its address, which the connection proves; nothing was signed")
        return Question(Asker(shown(asked.host), True, how, None, None, shown(asked.url)), asked)

    def _how(self, name: str, *, proven: bool) -> str:
        if not proven:
            return self.words("NOBODY PROVES WHO ASKS")
        if name.startswith("did:web:"):
            return self.words("proven: its signature was checked with the key that this address publishes")
        if name.startswith("did:"):
            return self.words("its signature was checked, but nothing says whose key this is")
        return self.words("proven by its signature and a certificate")

    def _review_answer(self, question: Question, planned: AnswerPlan) -> Review:
        plans = [part.planned for part in planned.parts]
        return self._review(question, plans, planned.warnings, planned, planned.surplus)

    def _review_exchange(self, question: Question, asked: Asked, planned: PresentationPlan) -> Review:
        return self._review(question, [planned], planned.warnings, (asked, planned), ())

    def _review(
        self,
        question: Question,
        plans: Sequence[PresentationPlan],
        warnings: Sequence[str],
        source: AnswerPlan | tuple[Asked, PresentationPlan],
        surplus: Sequence[str],
    ) -> Review:
        why = {} if isinstance(question.asked, Asked) else _reasons(question.asked)
        lines = review_lines(self.holder, plans, self.words, mark=Mark.ASKED, surplus=surplus, why=why)
        return Review(
            asker=question.asker,
            lines=lines,
            links=links(plans, self.words),
            stays=stays(plans, self.holder, self.words),
            warnings=tuple(shown(self.words(text)) for text in warnings),
            signed_with=signed_with(plans, self.holder, self.words),
            source=source,
        )

    def _chooser(self, chosen: Mapping[str, str]):  # type: ignore[no-untyped-def]  # wallet.matching.Choose
        def choose(query: str, views: Sequence[CredentialView]) -> CredentialView:
            for view in views:
                if view.id == chosen.get(query):
                    return view
            raise _SeveralFit(Options(query, options_of(views, self.words)))

        return choose

    def _with_switches(
        self, lines: Sequence[ReviewLine], planned: PresentationPlan, document: JSONObject
    ) -> list[ReviewLine]:
        """Let the values that nothing holds be turned off; their pointers name them."""
        switches = self._switches(planned.disclosures[0].credential_id, document)
        values = planned.disclosures[0].values
        return [
            replace(line, switch=next((each for each in switches if is_under(value.pointer, each)), None))
            if line.mark is Mark.CHOSEN
            else line
            for line, value in zip(lines, values, strict=True)
        ]

    def _left_out(
        self, presenting: Presenting, document: JSONObject, leaving: Collection[str]
    ) -> list[ReviewLine]:
        """Return the values that could be turned on."""
        language = language_of(self.words)
        view = self.holder.credential(presenting.credential_id)
        # What is mandatory leaves already, and is not told a second time as something that stays.
        withheld = [
            claim for claim in claims_from_credential(document, language) if claim.pointer not in leaving
        ]
        lines = []
        for switch in self._switches(view.id, document):
            if any(is_under(switch, pointer) for pointer in presenting.pointers):
                continue
            values = [
                readable(claim.display, self.words) for claim in withheld if is_under(claim.pointer, switch)
            ]
            if not values:
                continue
            name = shown(label(switch, language))
            lines.append(
                ReviewLine(
                    title_of(view),
                    name,
                    shown(", ".join(values)),
                    Mark.CHOSEN,
                    None,
                    False,
                    switch,
                    leaves=False,
                )
            )
        return lines

    def _switches(self, credential_id: str, document: JSONObject) -> tuple[str, ...]:
        if not base_proofs(self.holder.document(credential_id)):
            return ()
        return pointers_for(CLINIC, document)


def _reasons(asked: AuthenticatedRequest) -> dict[str, str]:
    """Return JSON pointer -> why it is asked for, in the verifier's own words."""
    return {each.pointer: each.reason for each in asked.request.reasons}


def _shown_or_none(text: str | None) -> str | None:
    return None if text is None else shown(text)
