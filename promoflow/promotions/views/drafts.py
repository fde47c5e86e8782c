"""What the form of a draft is about: store, kind and request, and the small deeds that change its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone

from accounts import selectors as people
from accounts.models import User
from promoflow import web
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Store
from promoflow.policies import selectors as policies
from promoflow.promotions import amendments, neighbours, permissions, selectors
from promoflow.promotions.content import decode
from promoflow.promotions.forms.drafting import DraftForm, fields_of
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.pages.panel import start_fields
from promoflow.reading import one_reading
from promoflow.rulebook.kinds import KINDS, Kind


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What somebody fills in: of which kind, in which store, over which request, from which revision on."""

    store: Store
    kind: Kind
    at: datetime
    record: PromotionRequest | None = None
    revision: int = 0
    given: Mapping[str, Any] = field(default_factory=dict)
    """What an address fills in of a new one."""

    def form(self, data: QueryDict | None = None) -> DraftForm:
        initial = dict(self.given)
        if self.record:
            initial = fields_of(decode(self.record.newest.body), self.store.marketplace.time_zone)
        form = DraftForm(
            data,
            initial=initial,
            store=self.store,
            kind=self.kind,
            policy=policies.current(),
            at=self.at,
            record=self.record,
        )
        if self.returned:
            form.ask(self.returned.fields, by=self.returned.decided_by.name, note=self.returned.note)
        return form

    @cached_property
    def returned(self) -> Decision | None:
        """The return that it came back with, until it is submitted again."""
        return selectors.open_return(self.record) if self.record else None

    @property
    def reference(self) -> str:
        return self.record.reference if self.record else ""

    @property
    def decide_until(self) -> datetime | None:
        """Until when an amendment of what runs may be decided."""
        return neighbours.decide_until(self.record) if self.record else None

    @property
    def advice(self) -> list[str]:
        """What whoever amends something should know of that."""
        amended = self.record.amends if self.record else None
        return amendments.advice(amended, at=self.at) if amended else []

    @property
    def ends_approval(self) -> bool:
        """Whether saving takes something back that is under way."""
        return self.record is not None and self.record.state in (State.IN_REVIEW, State.APPROVED)

    @property
    def was_approved(self) -> bool:
        """Whether saving takes back what may be set up in Seller Central."""
        return self.record is not None and self.record.state == State.APPROVED


def record_of(
    user: User, reference: str, read: Callable[[str, User], PromotionRequest] = selectors.at_hand
) -> PromotionRequest:
    """The request where this person may see it; as a rule with no more than a deed on it needs."""
    try:
        return read(reference, user)
    except PromotionRequest.DoesNotExist:
        raise Http404 from None


def store_of(user: User, key: str) -> Store | None:
    """The store named, where this person may draft in it; nothing where none is named.

    Read before the deed, which then asks anew whether they may.
    """
    if not key:
        return None
    number = web.number(key)
    with one_reading():
        if number not in people.stores_of(user):
            raise Http404
        [store] = catalog.stores([number])
        permissions.check_can_draft(user, store)
    return store


def filled_in(sheet: Sheet, query: QueryDict) -> Sheet:
    """The sheet with what an address gives; what the form would refuse is as if it had not been given."""
    form = sheet.form(query)
    form.is_valid()
    given = {name: form[name].data for name in form.fields if name in query and name not in form.errors}
    return replace(sheet, given=given)


def sheet_over(record: PromotionRequest, data: QueryDict) -> Sheet:
    seen = data.get("revision", "")
    return Sheet(
        store=record.store,
        kind=KINDS[record.newest.kind],
        at=timezone.now(),
        record=record,
        revision=web.number(seen) if data else record.newest.number,
    )


def sheet_of(request: web.SignedInRequest) -> Sheet:
    """The sheet that a form sends along; a request's own store and kind are not taken from it."""
    reference = request.POST.get("reference", "")
    if reference:
        record = record_of(request.user, reference)
        permissions.check_can_edit(request.user, record)
        return sheet_over(record, request.POST)
    kind, store = (
        KINDS.get(request.POST.get("kind", "")),
        store_of(request.user, request.POST.get("store", "")),
    )
    if kind is None or store is None:
        raise Http404
    return Sheet(store=store, kind=kind, at=timezone.now())


def changed_by(data: QueryDict, form: DraftForm, deed: str, what: str) -> QueryDict | None:
    """What the form holds after one of its small deeds; nothing where there was none that can be done."""
    changed = data.copy()
    match deed:
        case "add" if what:
            changed["asins"] = f"{data.get('asins', '').rstrip()}\n{what}".lstrip()
        case "remove" if what:
            left = [product.asin for product in form.chosen if product.asin != what]
            changed["asins"] = "\n".join([*left, *form.unknown])
        case "discount" if what:
            changed["discount_value"] = what
        case "start" if form.is_checkable() and (start := _instant(what)):
            for name, value in start_fields(form, start).items():
                changed[name] = value
        case _:
            return None
    return changed


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
