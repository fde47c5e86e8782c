"""What was there before the first kill: people, products, and promotions whose time runs out meanwhile.

    python -m tests.crash.before SECONDS MAILS

Their ends, expiries and reminders fall due within so many seconds from now, spread evenly, and so many mails
are owed already. It runs in a process of its own, as the application.
"""

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import django

OPERATORS, SUPERVISORS = ("Olivia", "Oscar", "Opal"), ("Sam", "Sue", "Sven")
OF_EACH = 5
FREE = 900


def asin(number: int) -> str:
    return f"B0CRASH{number:03}"


def main(seconds: int, mails: int) -> None:
    django.setup()

    from django.utils import timezone

    from promoflow.catalog.models import Product
    from tests import cast

    now = timezone.now().replace(microsecond=0)
    store = cast.store("Crash US", manager=cast.person("Mia"))
    people = {
        name: cast.grant(cast.person(name), store, role)
        for role, names in (("operator", OPERATORS), ("supervisor", SUPERVISORS))
        for name in names
    }
    Product.objects.bulk_create(
        Product(
            store=store,
            asin=asin(number),
            title=f"Lamp {number}",
            price=Decimal("19.99"),
            floor_price=Decimal("9.99"),
        )
        for number in range(FREE + 4 * OF_EACH)
    )
    by, supervisor = people["Olivia"], people["Sam"]
    for number in range(OF_EACH):
        due = now + timedelta(seconds=5 + number * seconds / OF_EACH)
        for kind, live in enumerate((_ends, _expires_undecided, _expires_approved, _is_unverified)):
            live(store, asin(FREE + OF_EACH * kind + number), due, by=by, supervisor=supervisor)
    _owe(mails, at=now)


def _owe(mails: int, *, at: datetime) -> None:
    """As many copies of one that is owed."""
    from promoflow.outbox.models import Message

    one = Message.objects.filter(notice="request_submitted")[:1].get()
    said = ("notice", "recipient_id", "why", "store_id", "subject_type", "subject_id", "context", "link")
    copied = {name: getattr(one, name) for name in said}
    copies = [Message(key=f"backlog:{number}", owed=at, due=at, **copied) for number in range(mails)]
    Message.objects.bulk_create(copies)


def _offer(asin: str, what: str, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    from tests.promotions import lives

    return lives.price_discount(asin) | {
        "title": f"{what} {asin}",
        "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ends_at": ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _ends(store: Any, asin: str, due: datetime, *, by: Any, supervisor: Any) -> None:
    """Live and verified, until its end."""
    from promoflow.promotions.services import running
    from tests.promotions import lives

    began, starts_at = due - timedelta(days=3), due - timedelta(days=2)
    typed = _offer(asin, "Ends", starts_at, due)
    request = lives.live(store, typed, by=by, supervisor=supervisor, at=began)
    at = began + timedelta(minutes=30)
    shown = lives.shown_as_approved(request)
    running.verify(reference=request.reference, by=supervisor, at=at, shown=shown, confirmed_at=at)


def _expires_undecided(store: Any, asin: str, due: datetime, *, by: Any, supervisor: Any) -> None:
    """In review, until Amazon could no longer be reached in time; half of that has passed."""
    from tests.promotions import lives

    typed = _offer(asin, "Undecided", due + timedelta(hours=1), due + timedelta(days=1))
    lives.submitted(store, typed, by=by, at=due - timedelta(hours=6))


def _expires_approved(store: Any, asin: str, due: datetime, *, by: Any, supervisor: Any) -> None:
    """Approved, until nobody may mark it live any more: here its very end."""
    from tests.promotions import lives

    typed = _offer(asin, "Unmarked", due - timedelta(hours=4), due)
    lives.approved(store, typed, by=by, supervisor=supervisor, at=due - timedelta(hours=8))


def _is_unverified(store: Any, asin: str, due: datetime, *, by: Any, supervisor: Any) -> None:
    """Live, and an hour later nobody has taken the second look."""
    from tests.promotions import lives

    at = due - timedelta(hours=1)
    typed = _offer(asin, "Unverified", due + timedelta(days=1), due + timedelta(days=2))
    lives.live(store, typed, by=by, supervisor=supervisor, at=at)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
