"""What people type into the forms of a request, and sending it."""

import re

from django.urls import reverse

from tests.promotions.lives import LAMP

COUPON = {
    "title": "Save on lamps",
    "asins": LAMP,
    "discount_type": "percent",
    "discount_value": "20%",
    "starts_on": "2026-12-02",
    "ends_on": "2026-12-04",
    "budget": "500",
    "one_per_customer": "on",
}
SOCIAL = {
    "title": "Lamp code",
    "asins": LAMP,
    "discount_value": "30",
    "starts_on": "2026-12-02",
    "starts_time": "09:00",
    "ends_on": "2026-12-05",
    "ends_time": "21:30",
    "claim_code": "25lampsx",
}

# What Seller Central shows of lives.coupon(LAMP): whole days, the last one inclusive.
EVIDENCE = {
    "amazon_id": "A2NW32V27GZS2T",
    "asins": LAMP,
    "discount_type": "percent",
    "discount_value": "20",
    "starts_on": "2026-12-02",
    "ends_on": "2026-12-04",
    "budget": "500",
    "one_per_customer": "yes",
}


def with_revision(request, typed):
    return {"revision": bytes(request.newest.digest).hex(), **typed}


def typed_on(page, *, acknowledge=True, note=""):
    """What the page's form would send."""
    hidden = {name: re.search(rf'name="{name}"\s+value="(\w+)"', page)[1] for name in ("revision", "report")}
    keys = re.findall(r'name="acknowledged"\s+value="([^"]+)"', page)
    return {**hidden, "note": note, "acknowledged": keys if acknowledge else []}


def approve(client, request, typed, **more):
    return client.post(reverse("request-approve", args=[request.reference]), typed, **more)
