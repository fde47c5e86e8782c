"""What the shipped rules say of themselves is shown in the reader's language, and kept as it is."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

import promoflow.policies
from promoflow.policies import content, selectors, shipped
from promoflow.policies.models import PolicyVersion
from promoflow.policies.services import drafting
from tests import cast, languages
from tests.policies import drafts
from tests.promotions.lives import NOW

VERSION_1 = Path(promoflow.policies.__file__).parent / "versions" / "0001.json"
ADDED_UP = "House rule: both come off the standard price, added up."
PAIR = "pairs.coupon.price_discount"
COMES = "The rules that come with promoflow."


def said_in(node):
    """Every reason of a rule or a pair."""
    for name, child in node.items() if isinstance(node, dict) else ():
        if name in ("why", "reason"):
            yield child
        yield from said_in(child)
    for child in node if isinstance(node, list) else ():
        yield from said_in(child)


@pytest.fixture
def chinese(settings, tmp_path, sam):
    languages.teach(settings, tmp_path, {ADDED_UP: "译文一", COMES: "译文二", "Ours.": "译文三"})
    sam.language = "zh-hans"
    sam.save(update_fields=["language"])
    client = cast.Client()
    client.force_login(sam)
    return client


def test_every_text_of_version_1_is_marked_and_no_other():
    body = json.loads(VERSION_1.read_text(encoding="utf-8"))

    assert {*said_in(body), *body["sources"].values(), body["title"], COMES} == shipped.TEXTS


@pytest.mark.django_db
def test_shipped_reasons_are_shown_in_the_readers_language_and_stored_as_they_are(chinese):
    before = selectors.current_version()
    stored = bytes(before.body), bytes(before.digest)

    page = chinese.get(reverse("policy", args=[1])).content.decode()
    listed = chinese.get(reverse("policy-list")).content.decode()

    assert page.count("译文一") >= 2, "in the matrix and in the table of pairs"
    assert ADDED_UP not in page
    assert "译文二" in page
    assert "译文二" in listed
    after = PolicyVersion.objects.get(number=1)
    assert (bytes(after.body), bytes(after.digest)) == stored
    assert ADDED_UP in bytes(after.body).decode()
    assert after.summary == COMES


@pytest.mark.django_db
def test_what_a_manager_wrote_is_shown_as_written_even_if_there_were_a_translation(chinese, mia, sue):
    drafts.published({PAIR: "block"}, manager=mia, publisher=sue, whys={PAIR: "Ours."}, summary="Ours.")

    page = chinese.get(reverse("policy", args=[2])).content.decode()

    assert "Ours." in page
    assert "译文三" not in page
    assert "译文一" in page, "what nobody changed"


@pytest.mark.django_db
def test_the_form_of_the_draft_shows_them_translated_and_takes_none_of_them_as_typed(chinese, mia):
    mia.language = "zh-hans"
    mia.save(update_fields=["language"])
    client = cast.Client()
    client.force_login(mia)
    drafting.open(by=mia, at=NOW)

    page = client.get(reverse("policy-edit"))

    assert "译文一" in page.content.decode()
    assert {bound.value() for bound in page.context["form"] if bound.name.endswith(".why")} == {""}
    newest = content.decode(selectors.open_draft().newest.body)
    assert ADDED_UP in [content.about(row) for row in content.pairs(newest).values()]


def test_in_english_nothing_changes():
    with translation.override("en"):
        assert shipped.in_words(ADDED_UP) == ADDED_UP
        assert shipped.in_words("") == ""
