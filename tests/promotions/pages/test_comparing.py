"""What is different from what a reviewer saw last, and from what a request was copied from."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from promoflow.promotions import selectors
from promoflow.promotions.services import claiming, drafting
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def edited(request, typed, *, by):
    number = lives.again(request).newest.number
    drafting.edit(reference=request.reference, revision=number, typed=typed, by=by, at=lives.NOW)
    return lives.again(request)


def returned(request, *, by):
    lives.send_back(request, by=by, note="Shorter.")
    return lives.again(request)


def comparison_on_page(client, request, person, title):
    """The part of the page under this title, up to the next part."""
    client.force_login(person)
    page = client.get(reverse("request", args=[request.reference])).content.decode()
    text = re.sub(r"<(?!/?(?:del|ins))[^>]+>", " ", page)
    assert title in re.sub(r"\s+", " ", text), title
    flat = re.sub(r"\s+", " ", text)
    return flat.partition(title)[2].partition("Your decision")[0]


@pytest.fixture
def seen_twice(aurora, olivia, sam):
    """Revision 1 was returned by sam; two more came since, and it is in review again."""
    request = returned(lives.submitted(aurora, lives.coupon(LAMP, SET), by=olivia), by=sam)
    request = edited(request, lives.coupon(LAMP, FLOOR_LAMP, percent="15.00"), by=olivia)
    request = edited(request, lives.coupon(LAMP, FLOOR_LAMP, percent="10.00"), by=olivia)
    return lives.submit(request, by=olivia)


def test_a_reviewer_reads_what_is_new_since_the_revision_that_they_returned(client, seen_twice, sam):
    part = comparison_on_page(client, seen_twice, sam, "Changed since you saw revision 1")

    assert re.search(r"Discount .*<del>20 % off</del>.*<ins>10 % off</ins>", part)
    assert re.search(rf"Products .*<ins> *{FLOOR_LAMP}</ins>.*<del>{SET}</del>", part)


def test_another_reviewer_reads_what_the_newest_revision_changed(client, seen_twice, sue):
    part = comparison_on_page(client, seen_twice, sue, "Changed in revision 3")

    assert re.search(r"Discount .*<del>15 % off</del>.*<ins>10 % off</ins>", part)
    assert "Products" not in part


def test_what_one_human_saw_under_another_account_they_have_seen(seen_twice, aurora, sam):
    other_account = cast.grant(cast.person("Samuel", person_id=sam.person_id), aurora, "supervisor")

    assert selectors.last_seen_revision(seen_twice, other_account).number == 1


def test_looking_at_a_revision_leaves_no_row_and_so_is_not_having_seen_it(client, seen_twice, sue):
    client.force_login(sue)
    client.get(reverse("request", args=[seen_twice.reference]))

    assert selectors.last_seen_revision(seen_twice, sue) is None


def test_what_comes_back_unchanged_is_said_to_be_unchanged(client, aurora, olivia, sam):
    request = returned(lives.submitted(aurora, by=olivia), by=sam)
    lives.submit(request, by=olivia)

    part = comparison_on_page(client, request, sam, "Since you decided on it")

    assert "Nothing is different: the content is the same." in part


def test_a_copy_is_compared_with_its_source_as_it_was_when_it_was_copied(client, aurora, olivia, oscar, sam):
    source = lives.drafted(aurora, lives.coupon(LAMP), by=oscar)
    copy = drafting.copy(reference=source.reference, by=olivia, at=lives.NOW)
    drafting.edit(
        reference=source.reference,
        revision=1,
        typed=lives.coupon(LAMP, percent="5.00"),
        by=oscar,
        at=lives.NOW.replace(hour=11),
    )
    copy = lives.submit(edited(copy, lives.coupon(LAMP, percent="30.00"), by=olivia), by=olivia)

    part = comparison_on_page(client, copy, sam, f"Unlike {source.reference} , from which it was copied")

    assert re.search(r"Discount .*<del>20 % off</del>.*<ins>30 % off</ins>", part)
    assert "5 % off" not in part


def test_who_was_on_it_has_seen_what_was_the_newest_then(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    claiming.claim(reference=request.reference, by=sam, at=lives.NOW, over=None)
    later = lives.NOW + timedelta(minutes=1)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="15.00"), by=olivia, at=later
    )

    assert selectors.last_seen_revision(lives.again(request), sam).number == 1
