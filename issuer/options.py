"""How a credential is to be minted: what was asked for, checked against what the suite can keep.

The suites promise different things. With `ecdsa-sd-2023` a credential is bound to its holder's key and can
be revoked. With `bbs-2023` presentations cannot be linked with each other, and everything that would link
them again (the holder's id, the credential's id, status indexes, exact times) is left out unless asked for
by name. A combination that would break a promise without saying so is refused here. Not here: signing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from issuer.config import BASE_SUITES, PLAIN_SUITES, IssuerConfig
from vclib.cid import retrieve_verification_method
from vclib.did import resolve
from vclib.errors import ConfigurationError, DIDError, KeyMaterialError, VerificationMethodError
from vclib.keys import KeyType

UNLINKABLE_SUITE = "bbs-2023"

# What a wallet signs presentations with (vclib.cryptosuites), so what a credential can be bound to.
HOLDER_KEY_TYPES = frozenset({KeyType.ED25519, KeyType.P256, KeyType.P384})
HOLDER_METHODS = ("key", "jwk")


@dataclass(frozen=True)
class MintOptions:
    """What was asked for; None and False mean the issuer's settings and the suite's own ways."""

    suite: str | None = None
    plain: str | None = None
    holder: str | None = None
    unbound: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    valid_days: int | None = None
    mandatory: tuple[str, ...] = ()
    with_id: bool = False
    with_status: bool = False
    with_holder: bool = False
    related_resource: bool = False
    again: bool = False


@dataclass(frozen=True)
class MintPlan:
    """How one credential will be minted: nothing is left open."""

    suite: str
    plain: str
    holder: str | None
    valid_from: datetime
    valid_until: datetime
    mandatory: tuple[str, ...]
    with_id: bool
    with_status: bool
    related_resource: bool
    again: bool

    @property
    def unlinkable(self) -> bool:
        """Whether presentations of it cannot be linked through the proof."""
        return self.suite == UNLINKABLE_SUITE


def plan_minting(
    options: MintOptions, config: IssuerConfig, *, row_holder: str | None, now: datetime
) -> MintPlan:
    """Return how a record is minted at `now`; `row_holder` is the holder that the record's row names.

    Raises ConfigurationError, saying which option would help, for a credential bound to no key that nobody
    asked for, for a holder that cannot hold, and for a period that ends before it begins.
    """
    suite = options.suite or config.suite
    plain = options.plain or config.plain
    _check_suites(suite, plain)
    unlinkable = suite == UNLINKABLE_SUITE
    holder = row_holder or options.holder
    _check_binding(options, holder, unlinkable=unlinkable)
    if holder is not None:
        check_holder(holder, now=now)
    valid_from, valid_until = _period(options, config, now, unlinkable=unlinkable)
    return MintPlan(
        suite=suite,
        plain=plain,
        holder=holder,
        valid_from=valid_from,
        valid_until=valid_until,
        mandatory=(*config.mandatory, *options.mandatory),
        with_id=options.with_id or not unlinkable,
        with_status=options.with_status or not unlinkable,
        related_resource=options.related_resource,
        again=options.again,
    )


def check_holder(did: str, *, now: datetime) -> None:
    """Check that a credential can be bound to `did`; ConfigurationError says what is wrong with it."""
    try:
        document = resolve(did, methods=HOLDER_METHODS).document
        methods = document.get("authentication")
        if not isinstance(methods, list) or not methods or not isinstance(methods[0], str):
            raise ConfigurationError(f"holder {did[:80]!r}: its key cannot sign presentations")
        method = retrieve_verification_method(
            methods[0], relationship="authentication", resolve=lambda _did: document, at=now
        )
    except (DIDError, VerificationMethodError, KeyMaterialError) as err:
        raise ConfigurationError(
            f"holder: expected a did:key or did:jwk with a signature key, found {did[:80]!r}: {err.message}"
        ) from err
    if method.public_key.key_type not in HOLDER_KEY_TYPES:
        expected = ", ".join(sorted(HOLDER_KEY_TYPES))
        raise ConfigurationError(
            f"holder {did[:80]!r}: expected a key of type {expected}, found {method.public_key.key_type}"
        )


def to_the_day(moment: datetime) -> datetime:
    """Return the beginning of the UTC day of `moment`: a time to the second would single a credential out."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _check_suites(suite: str, plain: str) -> None:
    if suite not in BASE_SUITES:
        raise ConfigurationError(f"suite: expected {' or '.join(BASE_SUITES)}, found {suite[:40]!r}")
    if plain not in PLAIN_SUITES:
        raise ConfigurationError(f"plain: expected {' or '.join(PLAIN_SUITES)}, found {plain[:40]!r}")


def _check_binding(options: MintOptions, holder: str | None, *, unlinkable: bool) -> None:
    if holder is not None and options.unbound:
        raise ConfigurationError("a holder was named and --no-holder given: leave one of them out")
    if unlinkable and holder is not None and not options.with_holder:
        raise ConfigurationError(
            "a holder's id in a bbs-2023 credential links all its presentations: leave the holder out, "
            "or add --with-holder if that is wanted"
        )
    if options.with_holder and holder is None:
        raise ConfigurationError("--with-holder needs --holder DID, or a holder in each record")
    if not unlinkable and holder is None and not options.unbound:
        raise ConfigurationError(
            "bound to no key, the credential could be shown by anybody who has a copy: name the holder's DID "
            "(`ddcc wallet did list`, then --holder DID), or add --no-holder if that is wanted"
        )


def _period(
    options: MintOptions, config: IssuerConfig, now: datetime, *, unlinkable: bool
) -> tuple[datetime, datetime]:
    if options.valid_until is not None and options.valid_days is not None:
        raise ConfigurationError(
            "--valid-until and --valid-days both say when it ends: leave one of them out"
        )
    days = options.valid_days if options.valid_days is not None else config.valid_days
    if not 1 <= days <= 36_500:
        raise ConfigurationError(f"--valid-days: expected 1 to 36500 days, found {days}")
    valid_from = (options.valid_from or now).replace(microsecond=0)
    valid_from = to_the_day(valid_from) if unlinkable else valid_from
    try:
        valid_until = options.valid_until or valid_from + timedelta(days=days)
    except OverflowError as err:
        raise ConfigurationError("the period of validity ends after the year 9999") from err
    valid_until = to_the_day(valid_until) if unlinkable else valid_until
    if valid_until <= valid_from:
        raise ConfigurationError("the period of validity would end before it begins")
    if valid_until <= now:
        raise ConfigurationError("the period of validity would have ended already")
    return valid_from, valid_until
