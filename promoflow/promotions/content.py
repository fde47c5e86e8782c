"""A request's content: the plain mapping that a revision stores as canonical bytes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from promoflow.catalog.models import Store
from promoflow.rulebook import claim_codes, kinds

VERSION = 1


def complete(store: Store, typed: Mapping[str, Any], *, family: Iterable[str]) -> dict[str, Any]:
    """The typed content with what follows from the store: Amazon's name of it, currency, and children.

    `family` are the ASINs of its products and of the children of every parent among them: Amazon takes a
    parent in a coupon to mean all of those (domain.md, section 7). A claim code is kept as Amazon keeps it.
    """
    asins = sorted(set(typed["asins"]))
    given = {field: value for field, value in typed.items() if value is not None and value != ""}
    if "claim_code" in given:
        group = given.get("claim_type") == "group"
        given["claim_code"] = claim_codes.kept(given["claim_code"], group=group)
    return {
        **given,
        "version": VERSION,
        "store": account_of(store),
        "currency": store.marketplace.currency,
        "asins": asins,
        "covered": sorted({*asins, *family}),
    }


def account_of(store: Store) -> str:
    """Where at Amazon it is set up: the seller's account there and the marketplace."""
    return f"{store.merchant_id}/{store.marketplace_id}"


def encode(content: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785): the same content is the same bytes."""
    return rfc8785.dumps(dict(content))


def decode(body: bytes | memoryview) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(bytes(body))
    return decoded


@dataclass(frozen=True)
class Difference:
    """A field whose value differs: before and after, or approved and found."""

    field: str
    before: Any
    after: Any

    def as_data(self) -> dict[str, Any]:
        return {"field": self.field, "before": self.before, "after": self.after}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields that differ, in the order of their names."""
    return [
        Difference(field, before.get(field), after.get(field))
        for field in sorted(set(before) | set(after))
        if before.get(field) != after.get(field)
    ]


def fields_of_kind(kind: str) -> tuple[str, ...]:
    """What somebody may be asked to change in a request of this kind, in the order of its form."""
    free = kinds.KINDS[kind].discount_types == (kinds.FREE_ITEMS,)
    discount = () if free else ("discount_value",)
    return ("asins", *discount, "starts_at", "ends_at", *kinds.KINDS[kind].fields, "title", "kind")


def only(fields: Sequence[str], content: Mapping[str, Any]) -> dict[str, Any]:
    return {field: content[field] for field in fields if field in content}
