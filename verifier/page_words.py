"""The page's words for what a verdict found, short enough for a door, in the catalogues' languages.

A reason has a stable code and an English sentence for whoever operates a verifier (`vclib.verdicts`); here
is what the same code says to somebody at a desk. What has no line here is told in the reason's own words.
Not here: which colour a reason makes (`verifier.page_result`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from runtime.words import LANGUAGES, Words

__all__ = [
    "LANGUAGES",
    "MATCHES",
    "REASONS",
    "SITUATION_WORDS",
    "Words",
    "age_words",
    "language_of",
    "words_of",
]

_MAX_HEADER = 200

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "address-refused": "It names an address that must not be visited.",
        "base-proof": "This is the holder's own copy, which must not be shown. Ask for a presentation of it.",
        "context-not-accepted": "It uses words whose meaning is not known here.",
        "expired": "It is genuine, but it has expired.",
        "forged": "It was changed, or somebody else made it: the signature does not fit.",
        "issuer-not-trusted-at-issuance": "Its issuer was not recognised when this was issued.",
        "issuer-not-trusted-for-type": "Its issuer is not trusted to issue this kind of certificate.",
        "issuer-not-trusted-now": "Its issuer is not recognised any more.",
        "issuer-suspended": "Its issuer is suspended: nothing of it counts for now.",
        "issuer-unknown": "Its issuer is not recognised here.",
        "key-not-valid": "The key that signed it may not sign this.",
        "key-retired": "The key that signed it was withdrawn or had run out.",
        "malformed": "It is not written as a certificate has to be.",
        "newer-available": "The issuer has a newer one.",
        "no-expiry": "It does not say until when it may be believed.",
        "no-status": "Whether it was withdrawn cannot be known here.",
        "no-trust-file": "The signature is in order, but nobody has said whether to trust its issuer.",
        "not-as-asked": "This is not what was asked for: a part is missing, or it is of another kind.",
        "not-bound": "Whoever has a copy of it can show it.",
        "not-checked": "Something could not be looked up now, so it could not be checked.",
        "not-fresh": "It was made for nobody in particular: whoever has a copy of it can show it.",
        "not-presented": "Nobody has proven to be its holder.",
        "not-supported": "It is of a kind that cannot be checked here.",
        "not-yet-valid": "It is genuine, but it is not valid yet.",
        "nothing-presented": "Nothing was shown.",
        "old-copy": "A server did not answer, so an older copy of its list or key was used.",
        "other-signer": "Somebody besides the issuer signed it, too.",
        "proof-expired": "It was signed at another time than now.",
        "related-resource": "Something that it links to was exchanged.",
        "resource-not-checked": "A document that it links to was not checked.",
        "revocations-old": "The list of withdrawn paper codes is older than allowed here.",
        "revoked": "Its issuer has withdrawn it.",
        "rules-met": "The rules that are asked here are met.",
        "rules-not-met": "A rule that is asked here is not met.",
        "rules-old": "The rules that are asked here are old; there may be newer ones.",
        "rules-open": "Limited validity: a rule that is asked here could not be checked.",
        "schema": "It does not fit the form it names.",
        "schema-not-checked": "Its form was not checked.",
        "self-asserted": "This is the holder's own word, not an authority's.",
        "several-subjects": "It is about several people; one is expected.",
        "signer-expired": "The certificate of its signer has expired, and with it what it signed.",
        "status-list-older": "An older list of withdrawals was shown than one seen before.",
        "status-set": "Its issuer has marked it, and that mark is not known here.",
        "suspended": "Its issuer has suspended it for now.",
        "test-issuer": "TEST: its issuer is one of a test system. This is not for real use.",
        "test-lists": "TEST: issuers of test systems are believed here. This is not for real use.",
        "too-large": "It is larger than anything that is read here.",
        "trust-list-old": "The list that says whom to trust is older than allowed here.",
        "unknown-codes": "It has codes whose meaning is not known here.",
        "unsigned": "It is not signed.",
        "wrong-challenge": "It answers another request, not this one. It may be a copy of an earlier answer.",
        "wrong-domain": "It was made for another place.",
        "wrong-holder": "It belongs to somebody else than the one who shows it.",
        "wrong-purpose": "It was signed for another purpose.",
        "wrong-type": "It is another kind of certificate than was asked for.",
    }
)

# What a comparison with a passport found (`health.matching`).
MATCHES: Mapping[str, str] = MappingProxyType(
    {
        "birth-date-differs": "The dates of birth differ.",
        "birth-date-equal": "The dates of birth are the same.",
        "birth-date-not-read": "The certificate's date of birth is of an unknown form.",
        "birth-date-not-told": "The certificate tells no date of birth.",
        "birth-date-partial": "The dates of birth agree as far as they are known.",
        "name-additional": "The certificate has a name that the passport lacks.",
        "name-changed": "A part of the name is another one; a surname may have changed.",
        "name-cut-off": "The passport's line has no room for the whole name.",
        "name-differs": "The names differ.",
        "name-equal": "The names are the same.",
        "name-joined": "The names are the same, but divided into words otherwise.",
        "name-missing": "The certificate lacks a part of the passport's name.",
        "name-not-told": "The certificate tells no name.",
        "name-order": "The names are the same in another order.",
        "name-script": "A name has letters that have no spelling in a passport here.",
        "name-spelling": "A name differs by one letter.",
        "name-too-long": "The names have too many words to be compared here.",
        "no-passport-date": "The passport line has no date of birth.",
    }
)

SITUATION_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "venue": "Entry to a venue",
        "border": "Border control",
        "clinic": "Medical care",
        "test": "Test result only",
        "status": "Certificate number only",
    }
)


def age_words(age: timedelta, words: Words) -> str:
    """Return how old something is, in the largest unit that fits."""
    if age < timedelta(minutes=1):
        return words("less than a minute")
    if age < timedelta(hours=1):
        return words.count("{count} minute", "{count} minutes", age // timedelta(minutes=1))
    if age < timedelta(days=2):
        return words.count("{count} hour", "{count} hours", age // timedelta(hours=1))
    return words.count("{count} day", "{count} days", age // timedelta(days=1))


def words_of(language: str) -> Words:
    """Return the page's words in a language of LANGUAGES; in English for any other."""
    return Words.of(language, "verifier")


def language_of(chosen: str | None, accepted: Sequence[str]) -> str:
    """Return the language of LANGUAGES that was chosen, else the first that a browser's headers accept."""
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    header = ",".join(accepted)[:_MAX_HEADER]
    for item in header.split(","):
        code = item.partition(";")[0].strip().partition("-")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"
