"""The whole way: a listing comes in, a coupon is drafted, decided, marked live and looked at again."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from promoflow.audit import services as audit
from promoflow.catalog.models import Import, Product
from promoflow.catalog.services import imports
from promoflow.promotions.models import PromotionRequest

# It commits: the history is chained, and what it must say is asked, at COMMIT.
pytestmark = pytest.mark.django_db(transaction=True)

REPORT = Path(__file__).parent.parent / "catalog" / "files" / "all_listings_report.tsv"
VEST = "B01I53BE4O"


def day(number):
    today = datetime.now(ZoneInfo("America/Los_Angeles")).date()
    return (today + timedelta(days=number)).isoformat()


def bring_in(visitor, store, kind, name, content):
    """Uploads a file, reads what it would change, and applies it."""
    visitor.open(reverse("import-new"))
    visitor.send(reverse("import-new"), store=store.pk, kind=kind, file=SimpleUploadedFile(name, content))
    source = Import.objects.latest("pk")
    imports.work(at=timezone.now())
    shown = visitor.open(reverse("import", args=[source.pk])).words
    visitor.send(reverse("import-apply", args=[source.pk]))
    imports.work(at=timezone.now())
    return shown, visitor.open(reverse("import", args=[source.pk])).words


def test_the_whole_way(aurora, mia, olivia, sam, sue, ada, arrive):
    # The operator brings the store's listings in, and its manager the floors.
    operator = arrive(olivia)
    shown, applied = bring_in(operator, aurora, "listings", "report.txt", REPORT.read_bytes())
    assert "Ready to apply" in shown
    assert "Applied" in applied
    manager = arrive(mia)
    bring_in(manager, aurora, "floors", "floors.csv", f"asin,floor_price\n{VEST},12.00\n".encode())
    assert Product.objects.get(store=aurora, asin=VEST).floor_price == 12

    # The operator drafts a coupon; the desk says what it would do before anything is saved.
    new = f"{reverse('request-new')}?store={aurora.pk}&kind=coupon"
    operator.open(new)
    typed = {
        "title": "Vest for the spring",
        "asins": f"https://www.amazon.com/dp/{VEST}",
        "discount_value": "25",
        "starts_on": day(10),
        "ends_on": day(12),
        "budget": "1,000",
    }
    panel = operator.look(reverse("request-new"), reverse("request-check"), **typed).words
    assert "$15.00" in panel
    assert PromotionRequest.objects.count() == 0
    page = operator.send(reverse("request-new"), **typed)
    request = PromotionRequest.objects.get()
    here = reverse("request", args=[request.reference])
    assert operator.page.address == here
    assert "Vest" in page.words
    assert "$15.00" in page.words

    # They submit it, and may not decide on it themselves.
    operator.send(reverse("request-submit", args=[request.reference]))
    assert "In review" in operator.page.words
    assert not operator.page.has_form(reverse("request-approve", args=[request.reference]))

    # A supervisor finds it in the queue, reads it and approves exactly that.
    supervisor = arrive(sam)
    assert here in supervisor.open(reverse("review-queue")).links
    supervisor.open(here)
    supervisor.send(reverse("request-approve", args=[request.reference]), note="Good for the stock.")
    assert "Approved" in supervisor.open(here).words

    # The operator sets it up in Seller Central, mistypes, is refused, and marks it live as approved.
    live = reverse("request-live", args=[request.reference])
    evidence = {
        "asins": VEST,
        "discount_type": "percent",
        "discount_value": "25",
        "starts_on": day(10),
        "ends_on": day(12),
        "budget": "1000",
        "one_per_customer": "no",
    }
    operator.open(live)
    operator.send(live, **{**evidence, "amazon_id": "A2NW32V27GZS2T", "discount_value": "52"})
    assert operator.status == 422
    assert "Approved is: 25" in operator.page.words
    operator.send(live, **evidence, amazon_id="A2NW32V27GZS2T")
    assert "Live" in operator.page.words

    # Another person takes the second look, blind to what the first one typed.
    second = arrive(sue)
    verify = reverse("request-verify", args=[request.reference])
    assert "A2NW32V27GZS2T" in second.open(verify).words
    second.send(verify, **evidence)

    # The history shows each step, and an auditor reads it, who may do nothing.
    auditor = arrive(ada)
    told = auditor.open(here).words
    for step, name in (
        ("Drafted the request", "Olivia"),
        ("Submitted the request for review", "Olivia"),
        ("Approved the request", "Sam"),
        ("Tried to mark it live; the desk refused", "Olivia"),
        ("Marked the promotion live", "Olivia"),
        ("Took the second look and verified it", "Sue"),
    ):
        assert step in told
        assert name in told
    steps = [told.index(step) for step in ("Drafted", "Approved the request", "Marked the", "Took the")]
    assert steps == sorted(steps)
    assert "Good for the stock." in told
    about_it = [form.action for form in auditor.page.posts if request.reference in form.action]
    assert about_it == [reverse("request-comment", args=[request.reference])]
    history = auditor.open(f"{reverse('history')}?subject={request.reference}").words
    assert "Took the second look and verified it" in history
    assert audit.verify().trouble == ""
