"""What the venue's page decides: in which words, by which rules, and what an answer looks like.

Not here: HTTP (`verifier.page`), HTML (`verifier.page_views`), and the verdict (`verifier.service`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import Request

from health import Language, match_person, parse_passport
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue
from verifier.config import VerifierConfig
from verifier.page_access import DeskAccess
from verifier.page_known import Known
from verifier.page_result import show_result, show_trouble
from verifier.page_views import Frame
from verifier.page_words import MATCHES, language_of, words_of
from verifier.report import result_json
from verifier.requests import PresentationRequests
from verifier.rule_store import RuleStore, choose_rules
from verifier.service import CheckResult, Question, Verifier


@dataclass(frozen=True)
class Page:
    """What the page needs to ask and to check; `known` is what answers rest on, whose age it shows.

    `rules` are those that a desk can choose.
    """

    config: VerifierConfig
    requests: PresentationRequests
    verifier: Verifier
    known: Known
    rules: RuleStore
    access: DeskAccess
    clock: Callable[[], datetime]

    def frame(self, request: Request) -> Frame:
        """Return the frame of a view, in the language and manner that a request asks for."""
        chosen = request.query_params.get("lang")
        language = language_of(chosen, request.headers.getlist("accept-language"))
        is_kiosk = self.config.page_kiosk or "kiosk" in request.query_params
        return Frame(
            self.config.name,
            self.config.purpose,
            words_of(language),
            is_kiosk,
            self.config.page_clear_seconds,
        )

    def answer(self, frame: Frame, result: JSONObject) -> str:
        """Return the HTML of a result."""
        now = self.clock()
        shown = show_result(
            result, frame.words, now=now, accept_without_status=self.config.page_accept_without_status
        )
        return frame.answer(shown, self.ages(frame), now=now)

    def trouble(self, frame: Frame, sentence: str) -> str:
        """Return the HTML of an answer that only says why nothing was checked."""
        return frame.answer(show_trouble(sentence, frame.words), (), now=self.clock())

    def ages(self, frame: Frame) -> list[str]:
        """Return how old the copies are that answers rest on while others are not reached (threat M4)."""
        return self.known.ages(frame.words)

    def check(self, request: Request, text: str) -> str:
        """Return the HTML of what the text of a code is found to be."""
        frame, chosen = self.frame(request), self.chosen_rules(request)
        rules = None
        if chosen is not None:
            rules = choose_rules(self.config, self.rules, *chosen, self.config.rules_region)
            rules = replace(rules, language=frame.words.language)
        # Whoever shows a code was sent no challenge; what the settings ask of it counts all the same.
        question = Question(
            require_holder=self.config.require_holder, require_status=self.config.require_status, rules=rules
        )
        result = self.verifier.check_content(text.encode(), question, now=self.clock())
        return self.answer(frame, result_json(_in_words_of(frame, result)))

    def compare(self, frame: Frame, name: str, birth_date: str, line: str) -> JSONObject:
        """Return whether a certificate names the holder of a passport line, and why, in the page's words.

        All three come from the page, which forgets them, and nothing of them is kept here.
        """
        try:
            match = match_person(name or None, birth_date or None, parse_passport(line))
        except MalformedValueError:
            return {"outcome": "unread", "reasons": []}
        told: list[JSONValue] = [
            frame.words(MATCHES.get(reason.code, reason.message)) for reason in match.reasons
        ]
        return {"outcome": str(match.outcome), "reasons": told}

    def chosen_rules(self, request: Request) -> tuple[str, str] | None:
        """Return the rule set and the country that a desk has chosen, None for what the settings say."""
        chosen = request.query_params.get("rules")
        if not chosen:
            return None
        name, _, country = chosen.partition("/")
        if (name, country) not in self.all_rules():
            raise MalformedValueError("rules: there are none of this name for this country")
        return name, country

    def all_rules(self) -> list[tuple[str, str]]:
        """Return every rule set with each country in it, those of the settings first."""
        found = [
            (stored.name, country)
            for stored in self.known.rule_sets()
            for country in stored.rule_set.countries
        ]
        return sorted(found, key=lambda each: (each != (self.config.rules, self.config.rules_country), each))


def _in_words_of(frame: Frame, result: CheckResult) -> CheckResult:
    """Return a result whose paper certificates are told in the page's language."""
    language: Language = "fr" if frame.words.language == "fr" else "en"
    return replace(
        result,
        credentials=tuple(
            checked
            if checked.certificate is None
            else replace(checked, claims=checked.certificate.claims_in(language))
            for checked in result.credentials
        ),
    )
