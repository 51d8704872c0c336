"""How what would leave is shown: the same words and members for every command that asks for it."""

from __future__ import annotations

from vclib.strict_json import JSONObject, JSONValue
from wallet.cli_shared import credential_line
from wallet.holder import Disclosure, Holder, PresentationPlan, Reason

_REASONS = {
    Reason.CHOSEN: "disclosed as asked",
    Reason.INSEPARABLE: "comes with it",
    Reason.MANDATORY: "cannot be withheld (the issuer made it mandatory)",
    Reason.WHOLE: "leaves with the whole credential",
}


def plan_lines(holder: Holder, planned: PresentationPlan) -> list[str]:
    """Return what leaves with a presentation, read from the derived documents, and which keys sign it."""
    lines = []
    for disclosure in planned.disclosures:
        lines += ["", credential_line(holder.credential(disclosure.credential_id))]
        lines += _disclosure_lines(disclosure)
    keys = holder.keys()
    names = {key.did: key.name for key in keys}
    signers = ", ".join(f"{names.get(did, '?')} ({did})" for did in planned.signers)
    return [
        *lines,
        "",
        f"Signed with: {signers or 'a key made for this presentation only, with no name in it'}",
    ]


def disclosures_json(planned: PresentationPlan) -> list[JSONValue]:
    """Return the same as JSON."""
    return [_disclosure_json(item) for item in planned.disclosures]


def _disclosure_lines(disclosure: Disclosure) -> list[str]:
    lines = []
    for reason, heading in _REASONS.items():
        values = [value for value in disclosure.values if value.reason is reason]
        if values:
            lines.append(f"  {heading}:")
            lines += [f"    {value.label}: {value.display}" for value in values]
    if disclosure.linkable:
        lines.append("  two presentations can be linked by:")
        lines += [f"    {item.label}: {item.reason}" for item in disclosure.linkable]
    if disclosure.withheld:
        lines.append(f"  stays in the wallet: {', '.join(dict.fromkeys(disclosure.withheld))}")
    return lines


def _disclosure_json(item: Disclosure) -> JSONObject:
    return {
        "credential": item.credential_id,
        "suite": item.suite,
        "values": [
            {"pointer": v.pointer, "label": v.label, "value": v.display, "reason": str(v.reason)}
            for v in item.values
        ],
        "linkable": [{"pointer": v.pointer, "label": v.label, "reason": v.reason} for v in item.linkable],
        "withheld": list(item.withheld),
    }
