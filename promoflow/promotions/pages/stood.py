"""A request as it stood when the chain was so long: replayed from the history, not read from its tables."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.dateparse import parse_datetime

from accounts.models import User
from promoflow.audit import replaying
from promoflow.audit.models import Link
from promoflow.promotions.content import decode
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.wording import terms
from promoflow.rulebook import offers
from promoflow.rulebook.offers import Offer


@dataclass(frozen=True)
class Said:
    """A decision as it stood: later ones, and its voiding, are not in it."""

    verdict: str
    by: str
    at: datetime | None
    note: str
    valid: bool


class Stood:
    """All of it comes from the entries up to a place of the chain, and of that place's transaction."""

    def __init__(self, request: PromotionRequest, seq: int) -> None:
        self.request = request
        self.until = replaying.place_after(seq)
        self.sealed = Link.objects.values_list("sealed", flat=True).get(pk=self.until)
        self.zone = request.store.marketplace.time_zone
        self.currency = request.store.marketplace.currency
        self._rows = replaying.of_request(request.pk, until=self.until)

    def _of(self, table: str) -> replaying.Rows:
        return self._rows.get(f"promotions_{table}", {})

    @property
    def exists(self) -> bool:
        """Whether the request was there already."""
        return bool(self._own)

    @cached_property
    def _own(self) -> Mapping[str, Any]:
        return self._of("promotionrequest").get(str(self.request.pk), {})

    @property
    def state(self) -> str:
        return str(self._own["state"])

    @property
    def step(self) -> int:
        return int(self._own["step"])

    @cached_property
    def revision(self) -> Mapping[str, Any]:
        return self._of("revision")[str(self._own["current_id"])]

    @property
    def agrees(self) -> bool:
        """Whether the content that was replayed has the digest that was replayed with it."""
        body: str = self.revision["body"]
        return bool(self.revision["digest"] == "\\x" + hashlib.sha256(body.encode()).hexdigest())

    @cached_property
    def content(self) -> dict[str, Any]:
        body: str = self.revision["body"]
        return decode(body.encode())

    @cached_property
    def offer(self) -> Offer:
        return offers.read(self.content)

    @property
    def discount(self) -> str:
        return terms.discount(self.offer, self.currency)

    @property
    def days(self) -> str:
        return terms.days(self.offer, self.zone)

    @property
    def terms(self) -> list[tuple[str, str]]:
        return terms.named(self.content, zone=self.zone, currency=self.currency)

    @property
    def edited_by(self) -> str:
        return self._called(self.revision["edited_by_id"])

    @property
    def edited_at(self) -> datetime | None:
        return _instant(self.revision["edited_at"])

    @property
    def decisions(self) -> list[Said]:
        rows = sorted(self._of("decision").values(), key=lambda row: int(row["id"]))
        return [
            Said(
                verdict=row["verdict"],
                by=self._called(row["decided_by_id"]),
                at=_instant(row["decided_at"]),
                note=row["note"],
                valid=row["valid"],
            )
            for row in rows
        ]

    @property
    def held(self) -> int:
        """How many products it held so that nothing that may not meet it could be approved on them."""
        return len({row["product_id"] for row in self._of("reservation").values() if row["held"]})

    @cached_property
    def running(self) -> Mapping[str, Any] | None:
        """Its activation, with who did what by name and when."""
        row = next(iter(self._of("activation").values()), None)
        return row and {
            "amazon_id": row["amazon_id"],
            **{f"{deed}_at": _instant(row[f"{deed}_at"]) for deed in ("live", "verified", "stopped")},
            **{f"{deed}_by": self._called(row[f"{deed}_by_id"]) for deed in ("live", "verified", "stopped")},
        }

    @cached_property
    def _people(self) -> dict[int, str]:
        keys = {
            value
            for rows in self._rows.values()
            for row in rows.values()
            for name, value in row.items()
            if name.endswith("_by_id") and value is not None
        }
        return {person.pk: str(person) for person in User.objects.filter(pk__in=keys)}

    def _called(self, key: int | None) -> str:
        return "" if key is None else self._people[key]


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
