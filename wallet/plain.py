"""The wallet as numbered questions, line by line: for screen readers and terminals without a screen.

The same tasks in the same words as on the screens, through the same desk. What would leave is read out before
the question, and only a typed "share" shares. Not here: what is decided (`wallet.desk` and below).
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from vclib.errors import ConfigurationError
from wallet.desk import (
    MIN_CHARACTERS,
    SITUATIONS,
    Arrived,
    Asker,
    Card,
    Desk,
    Found,
    Kind,
    NoAnswer,
    Options,
    Presenting,
    Question,
    Review,
    VCError,
    link_to,
    looks_like_phrase,
    recognise,
    recognise_clipboard,
    shown,
    strength_of,
    trouble_lines,
)

_WRONG_CODE = ("invalid_grant", "invalid_tx_code")
_MAX_CODES = 5


def ask_hidden(question: str) -> str:
    """Return a line that is not shown while it is typed; what is piped in is not shown anyway."""
    return getpass.getpass(question) if sys.stdin.isatty() else input(question)


class PlainWallet:
    """Asks by `ask` and `ask_hidden`, tells by `tell`; each takes or gives one line."""

    def __init__(
        self,
        desk: Desk,
        *,
        ask: Callable[[str], str] = input,
        ask_hidden: Callable[[str], str] = ask_hidden,
        tell: Callable[[str], None] = print,
    ) -> None:
        self.desk = desk
        self._ask = ask
        self._ask_hidden = ask_hidden
        self._tell = tell

    def run(self, link: str | None = None) -> None:
        """Open the wallet and do what is chosen until the holder quits; raises what opening raises."""
        try:
            if not self.desk.is_open:
                self._open()
            for reminder in self.desk.home().notices:
                self._tell(f"! {reminder}")
            if link is not None:
                self._try(lambda: self._follow(link))
            self._menu()
        except EOFError:
            # The input has ended.
            self._tell("")

    def _open(self) -> None:
        words = self.desk.words
        if self.desk.exists:
            passphrase = self._ask_hidden(f"{words('Passphrase')}: ")
            if looks_like_phrase(passphrase) and self.desk.has_phrase:
                self._tell(
                    words("It opens with the recovery phrase, and from then on with a new passphrase.")
                )
                self.desk.recover(passphrase, self._new_passphrase())
            else:
                self.desk.unlock(passphrase)
            return
        self._tell(words("Make your wallet"))
        passphrase = self._new_passphrase()
        # Asked last: a passphrase that is typed ahead is not taken for the name.
        name = self._ask(f"{words('Your name, as you like to see it here')}: ")
        self.desk.create(passphrase, name.strip())

    def _new_passphrase(self) -> str:
        words = self.desk.words
        passphrase = self._ask_hidden(f"{words('New passphrase')}: ")
        self._tell(words(strength_of(passphrase)))
        if len(passphrase) < MIN_CHARACTERS:
            raise ConfigurationError(
                words("A passphrase needs at least {count} characters.", count=MIN_CHARACTERS)
            )
        if passphrase != self._ask_hidden(f"{words('The same again')}: "):
            raise ConfigurationError(words("The two passphrases differ."))
        return passphrase

    def _menu(self) -> None:
        words = self.desk.words
        tasks: list[tuple[str, Callable[[], None]]] = [
            ("Credentials", self._credentials),
            ("Paste a link", self._paste),
            ("Present", self._present),
            ("History", self._history),
            ("People", self._people),
            ("Ask for the status", self._status),
            ("Back up", self._back_up),
            ("Restore", self._restore),
            ("Recovery phrase", self._recovery),
            ("Try it with a demonstration credential", self._demo),
        ]
        while True:
            self._tell("")
            chosen = self._choose([words(name) for name, _ in tasks], words("0 quits. Which one?"))
            if chosen is None:
                return
            self._try(tasks[chosen][1])

    def _try(self, task: Callable[[], None]) -> None:
        try:
            task()
        except VCError as err:
            for heading, line in trouble_lines(err, self.desk.words, left=False):
                self._tell(f"{heading}: {line}")

    def _choose(self, names: Sequence[str], question: str) -> int | None:
        for number, name in enumerate(names, start=1):
            self._tell(f"{number}  {name}")
        typed = self._ask(f"{question} ").strip()
        return int(typed) - 1 if typed.isdecimal() and 1 <= int(typed[:6]) <= len(names) else None

    def _choose_card(self) -> Card | None:
        cards = self.desk.cards()
        if not cards:
            self._tell(self.desk.words("No credentials yet"))
            return None
        chosen = self._choose([self._card_line(card) for card in cards], self.desk.words("Which one?"))
        return None if chosen is None else cards[chosen]

    def _card_line(self, card: Card) -> str:
        words = self.desk.words
        parts = [card.title, card.about, card.person, card.issuer, words(card.badge)]
        if card.valid_until is not None:
            parts.append(words("until {date}", date=words.date(card.valid_until)))
        return ", ".join(part for part in parts if part)

    def _credentials(self) -> None:
        card = self._choose_card()
        if card is None:
            return
        detail = self.desk.detail(card.id)
        for reason in detail.card.reasons:
            self._tell(reason)
        for claim in detail.claims:
            self._tell(f"{claim.label}: {claim.value}")

    def _status(self) -> None:
        card = self._choose_card()
        if card is not None:
            for reason in self.desk.check_status(card.id).reasons:
                self._tell(reason)

    def _history(self) -> None:
        words = self.desk.words
        for entry in self.desk.history():
            told = f"{entry.action}, {entry.outcome} {entry.error} {entry.who}".rstrip()
            self._tell(f"{words.moment(entry.at)}: {told}")
            for label, value in entry.values:
                self._tell(f"    {label}: {value}")
        typed = self._ask(f"{words('Type delete to delete it all, or a new file to write it to')}: ").strip()
        if typed.casefold() == "delete":
            self.desk.forget_history()
        elif typed:
            path = Path(typed).expanduser()
            self.desk.export_history(path)
            self._tell(words("Written: {path}", path=shown(str(path))))

    def _people(self) -> None:
        words = self.desk.words
        for person in self.desk.people():
            count = words.count("{count} credential", "{count} credentials", person.credentials)
            self._tell(f"{person.name}, {count}, {person.did or words('bound to no key of this wallet')}")
        name = self._ask(f"{words('Add a person')} ({words('empty: none')}): ").strip()
        if name:
            self.desk.add_person(name)

    def _back_up(self) -> None:
        words = self.desk.words
        path = Path(self._ask(f"{words('New file')}: ").strip()).expanduser()
        passphrase = self._ask_hidden(f"{words('Passphrase of the backup')}: ")
        if passphrase != self._ask_hidden(f"{words('The same again')}: "):
            raise ConfigurationError(words("The two passphrases differ."))
        self.desk.safekeeping.back_up(path, passphrase)
        self._tell(words("Backed up to {path}", path=str(path)))

    def _restore(self) -> None:
        words = self.desk.words
        path = Path(self._ask(f"{words('File of the backup')}: ").strip()).expanduser()
        self._tell(
            self.desk.safekeeping.restore(path, self._ask_hidden(f"{words('Passphrase of the backup')}: "))
        )

    def _recovery(self) -> None:
        words, safekeeping = self.desk.words, self.desk.safekeeping
        self._tell(words("Twelve words on paper that open this wallet if you forget its passphrase."))
        if safekeeping.has_phrase:
            self._tell(words("There is one; new words take its place. Type remove to take it away."))
        agreed = self._ask(f"{words('The words stand in this window until you clear it. Type yes')}: ")
        if agreed.strip().casefold() == "remove" and safekeeping.has_phrase:
            safekeeping.remove_phrase()
            self._tell(words("There is no recovery phrase any more."))
        elif agreed.strip().casefold() == "yes":
            phrase, places = safekeeping.propose_phrase()
            for number, word in enumerate(phrase.split(), start=1):
                self._tell(f"{number}  {word}")
            questions = [words("Word {number}", number=place) for place in places]
            answers = tuple(self._ask_hidden(f"{question}: ") for question in questions)
            safekeeping.keep_phrase(phrase, places, answers)
            self._tell(words("The recovery phrase counts from now on."))

    def _demo(self) -> None:
        self._tell_arrived(self.desk.try_demo())

    def _paste(self) -> None:
        words = self.desk.words
        label = words("An offer, a request, or the name of a file with one (a picture of a QR code, too)")
        typed = self._ask(f"{label} ({words('empty: the picture in the clipboard')}): ")
        self._go_on(recognise(typed) if typed.strip() else recognise_clipboard())

    def _follow(self, text: str) -> None:
        self._go_on(recognise(text))

    def _go_on(self, found: Found | None) -> None:
        if found is None:
            self._tell(self.desk.words("That is no offer, no request and no credential."))
        elif found.kind is Kind.OFFER:
            self._receive(found.text)
        elif found.kind is Kind.CREDENTIAL:
            self._tell_arrived(self.desk.arrivals.add(found.text))
        else:
            self._answer(found.text, interaction=found.kind is Kind.INTERACTION)

    def _receive(self, link: str) -> None:
        words, arrivals = self.desk.words, self.desk.arrivals
        people = [person for person in self.desk.people() if person.did is not None]
        chosen: int | None = 0
        if len({person.did for person in people}) > 1:
            chosen = self._choose([person.name for person in people], words("For whom is it?"))
        if chosen is None:
            return
        offer = arrivals.read(link, people[chosen].did)
        self._tell(f"{offer.issuer} {words('offers')}: {', '.join(offer.titles)}")
        if offer.issuer_name:
            self._tell(words('calls itself "{name}"', name=offer.issuer_name))
            self._tell(words("! nobody has checked that yet"))
        if not self._agrees(words("Receive it? Type yes"), "yes"):
            arrivals.decline(offer)
            return
        for _ in range(_MAX_CODES):
            code = None if offer.code is None else self._ask_hidden(f"{offer.code}: ").strip()
            try:
                self._tell_arrived(arrivals.receive(offer, code))
            except VCError as err:
                if err.code not in _WRONG_CODE or offer.code is None:
                    raise
                self._tell(
                    words(
                        "The issuer does not take this code. Type it again; after five wrong ones it is dead."
                    )
                )
            else:
                return

    def _tell_arrived(self, arrived: Arrived) -> None:
        for line in (*arrived.stored, *arrived.refused, *arrived.notes):
            self._tell(line)
        if arrived.waiting is not None:
            self._tell(
                self.desk.words(
                    "Promised for later, not before {moment}. Paste the offer again then.",
                    moment=arrived.waiting,
                )
            )

    def _answer(self, link: str, *, interaction: bool) -> None:
        question = self.desk.reviewing.read(link, interaction=interaction)
        while question is not None:
            self._tell_asker(question.asker)
            question = self._answer_one(question)

    def _answer_one(self, question: Question) -> Question | None:
        words, reviewing = self.desk.words, self.desk.reviewing
        chosen: dict[str, str] = {}
        planned = reviewing.plan(question, chosen)
        while isinstance(planned, Options):
            names = [text for _, text in planned.credentials]
            number = self._choose(names, words("Several credentials answer this. Which one?"))
            if number is None:
                reviewing.refuse(question, tell=False)
                return None
            chosen[planned.query] = planned.credentials[number][0]
            planned = reviewing.plan(question, chosen)
        if isinstance(planned, NoAnswer):
            self._tell(planned.reason)
            self._refuse(question, planned.error)
            return None
        for line in planned.missing_grants:
            if line.switch is not None and line.switch not in planned.granted:
                asked = words("BEYOND THE PURPOSE")
                if self._agrees(f"{asked}: {line.label}: {line.value}. {words('Allow it? Type yes')}", "yes"):
                    planned = reviewing.grant(planned, line.switch)
        self._tell_review(planned)
        if planned.missing_grants or not self._agrees(words("Type share to send exactly this"), "share"):
            self._refuse(question, None)
            return None
        sent = reviewing.send(planned)
        self._tell(words("Sent to {host}.", host=sent.host))
        if sent.browser is not None:
            self._tell(f"{words('The verifier asks you to go on in your browser at')} {sent.browser}")
        return sent.follow_up

    def _refuse(self, question: Question, error: VCError | None) -> None:
        words = self.desk.words
        asked = words("Tell the verifier that nothing is presented? It does not learn why.")
        tell = self._agrees(f"{asked} {words('Type yes')}", "yes")
        self.desk.reviewing.refuse(question, tell=tell, error=error)
        self._tell(words("Nothing left the wallet."))

    def _tell_asker(self, asker: Asker) -> None:
        words = self.desk.words
        self._tell(f"{words('A verifier asks')}: {asker.name}, {asker.how}")
        if asker.calls_itself:
            self._tell(words("calls itself: {name}", name=asker.calls_itself))
        self._tell(words("for: {purpose}", purpose=asker.purpose or words("(it does not say)")))
        if asker.reasons:
            self._tell(words("why, in its own words:"))
        for name, reason in asker.reasons:
            self._tell(f"    {name}: {reason}")
        self._tell(words("the answer goes to {address}", address=asker.address))

    def _tell_review(self, review: Review) -> None:
        words = self.desk.words
        self._tell(words("This leaves the wallet:"))
        for line in review.lines:
            if line.leaves:
                told = words("recognisable") if line.linkable else ""
                marks = ", ".join(part for part in (words(line.mark), told) if part)
                self._tell(f"    {line.label}: {line.value} ({marks})")
        self._tell(f"{words('Stays here')}: {', '.join(review.stays)}")
        for name, reason in review.links:
            self._tell(f"{words('Also makes you recognisable')}: {name}: {reason}")
        for warning in review.warnings:
            self._tell(f"! {warning}")
        self._tell(words("Signed with: {key}", key=review.signed_with))

    def _present(self) -> None:
        words, reviewing = self.desk.words, self.desk.reviewing
        card = self._choose_card()
        if card is None:
            return
        number = self._choose(SITUATIONS, words("For what?"))
        if number is None:
            return
        challenge = self._ask(f"{words('Challenge that the door shows (empty: none)')}: ").strip()
        domain = self._ask(f"{words('Address of the door (empty: none)')}: ").strip() if challenge else ""
        presenting = Presenting(card.id, SITUATIONS[number], (), challenge or None, domain or None)
        review = reviewing.offline(presenting)
        self._tell_review(review)
        path = Path(self._ask(f"{words('New file')} (.png, .svg, .json): ").strip()).expanduser()
        if not self._agrees(words("Type share to sign exactly this and write it"), "share"):
            reviewing.decline(review)
            self._tell(words("Nothing left the wallet."))
            return
        reviewing.deliver(review).write(path)
        self._tell(words("Written: {path}", path=shown(str(path))))
        self._tell(shown(link_to(path)))

    def _agrees(self, question: str, word: str) -> bool:
        """Ask; only the whole word agrees."""
        return self._ask(f"{question}: ").strip().casefold() == word
