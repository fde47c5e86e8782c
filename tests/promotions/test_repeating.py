"""A form that is sent twice makes what it makes once: the second sending finds what the first one made."""

import threading
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from django.utils import timezone

from promoflow import repeating
from promoflow.audit.models import Entry
from promoflow.catalog.models import Import
from promoflow.catalog.services import imports
from promoflow.outbox.models import Message
from promoflow.promotions.models import Comment, PromotionRequest
from promoflow.promotions.services import discussing, drafting
from tests.journeys.visitor import Page
from tests.promotions import lives

KEY = UUID("1b7f1c2e-0000-4000-8000-000000000001")


def typed(day="2027-03-01", **changed):
    return {
        "title": "Save on lamps",
        "asins": "B0AURORA01",
        "discount_type": "percent",
        "discount_value": "20",
        "starts_on": day,
        "ends_on": day,
        "budget": "500",
        **changed,
    }


@pytest.fixture
def new_page(client, aurora, olivia):
    """The form of a new coupon as olivia opens it; sending it leads to the draft."""
    client.force_login(olivia)
    address = f"{reverse('request-new')}?store={aurora.pk}&kind=coupon"
    page = Page(client.get(address).content.decode(), address)
    form = page.form(reverse("request-new"))

    def send(**changed):
        fields = {name: values[0] for name, values in form.fields.items()}
        return client.post(reverse("request-new"), fields | typed(**changed))

    return send


@pytest.mark.django_db
def test_a_new_request_sent_twice_is_one_draft_with_one_entry(new_page):
    first, second = new_page(), new_page()

    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert PromotionRequest.objects.count() == 1
    assert Entry.objects.filter(event="request.drafted").count() == 1


@pytest.mark.django_db
def test_who_goes_back_to_the_form_and_says_something_else_gets_another_draft(new_page):
    first, second = new_page(), new_page(title="Save more on lamps")

    assert first["Location"] != second["Location"]
    assert PromotionRequest.objects.count() == 2


@pytest.mark.django_db
def test_a_form_opened_anew_makes_another_draft_of_the_same_content(aurora, olivia):
    made = [
        drafting.create(store=aurora, typed=lives.coupon(), by=olivia, at=lives.NOW, once=uuid4())
        for _opened in range(2)
    ]

    assert made[0] != made[1]


@pytest.mark.django_db
def test_the_same_key_in_another_persons_form_is_another_form(aurora, olivia, oscar):
    made = [
        drafting.create(store=aurora, typed=lives.coupon(), by=person, at=lives.NOW, once=KEY)
        for person in (olivia, oscar)
    ]

    assert made[0] != made[1]


@pytest.mark.django_db
def test_a_refused_form_keeps_its_key(client, aurora, olivia):
    client.force_login(olivia)
    data = {"store": aurora.pk, "kind": "coupon", "once": str(KEY), **typed(title="")}

    answer = client.post(reverse("request-new"), data)

    assert answer.status_code == 422
    form = Page(answer.content.decode(), "").form(reverse("request-new"))
    assert form.fields["once"] == [str(KEY)]


@pytest.mark.django_db
@pytest.mark.parametrize("damaged", ["", "nonsense", "\0"])
def test_a_form_without_a_readable_key_is_taken_as_it_always_was(new_page, damaged):
    new_page(once=damaged)
    new_page(once=damaged)

    assert PromotionRequest.objects.count() == 2


@pytest.mark.django_db
def test_a_copy_asked_for_twice_is_one_copy(client, aurora, olivia):
    source = lives.drafted(aurora, by=olivia)
    client.force_login(olivia)
    here = reverse("request", args=[source.reference])
    copy = reverse("request-copy", args=[source.reference])
    form = Page(client.get(here).content.decode(), here).form(copy)
    fields = {name: values[0] for name, values in form.fields.items()}

    first, second = client.post(copy, fields), client.post(copy, fields)

    assert first["Location"] == second["Location"]
    assert source.copies.count() == 1


@pytest.mark.django_db
def test_a_comment_sent_twice_is_said_once_and_told_once(client, aurora, olivia, sam, monkeypatch):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(sam)
    here = reverse("request", args=[request.reference])
    say = reverse("request-comment", args=[request.reference])
    form = Page(client.get(here).content.decode(), here).form(say)
    fields = {name: values[0] for name, values in form.fields.items()}
    fields["body"] = "@Olivia is the stock there?"

    first, second = client.post(say, fields), client.post(say, fields)

    assert first["Location"] == second["Location"]
    assert Comment.objects.count() == 1
    assert Entry.objects.filter(event="request.commented").count() == 1
    assert Message.objects.filter(notice="request_mentioned").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_sent_twice_is_one_import_also_where_it_could_not_be_read(client, aurora, olivia):
    client.force_login(olivia)
    page = Page(client.get(reverse("import-new")).content.decode(), reverse("import-new"))
    [form] = [form for form in page.posts if "once" in form.fields]
    fields = {name: values[0] for name, values in form.fields.items()}

    def send():
        return client.post(
            reverse("import-new"),
            fields
            | {
                "kind": "listings",
                "store": aurora.pk,
                "file": SimpleUploadedFile("report.txt", b"no listing report"),
            },
        )

    first = send()
    imports.work(at=timezone.now())
    second = send()

    assert Import.objects.get().status == Import.Status.FAILED
    assert first["Location"] == second["Location"]
    assert Entry.objects.filter(event="import.uploaded").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["draft", "comment"])
def test_sent_eight_times_in_one_instant_it_is_made_once(aurora, olivia, what):
    request = lives.drafted(aurora, by=olivia)
    revision = lives.as_shown(request)["revision"]
    start, made, troubles = threading.Barrier(8), [], []

    def send():
        start.wait()
        try:
            if what == "draft":
                row = drafting.create(
                    store=aurora, typed=lives.coupon(), by=olivia, at=timezone.now(), once=KEY
                )
            else:
                row = discussing.say(
                    reference=request.reference,
                    by=olivia,
                    at=timezone.now(),
                    revision=revision,
                    body="Now?",
                    once=KEY,
                )
            made.append(row.pk)
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert troubles == []
    assert len(made) == 8
    assert len(set(made)) == 1


@pytest.mark.django_db
def test_the_database_refuses_a_second_request_of_one_form(aurora, olivia):
    first = drafting.create(store=aurora, typed=lives.coupon(), by=olivia, at=lives.NOW, once=KEY)

    with pytest.raises(IntegrityError, match="a_form_makes_one_request"), transaction.atomic():
        PromotionRequest.objects.create(
            store=aurora, created_at=lives.NOW, created_by=olivia, once=first.once
        )


@pytest.mark.django_db
def test_what_the_database_refuses_for_another_reason_is_not_taken_for_a_second_sending(aurora):
    def make():
        return PromotionRequest.objects.create(store=aurora, created_at=lives.NOW, created_by=None, once=KEY)

    with pytest.raises(IntegrityError, match="created_by_id"):
        repeating.make_once(PromotionRequest.objects.all(), KEY, make)


@pytest.mark.django_db
def test_the_database_refuses_a_second_import_of_one_form(aurora, olivia):
    """A file that could not be read is not open, so no other rule keeps a second one out."""
    source, _is_new = imports.upload(
        store=aurora,
        kind=Import.Kind.LISTINGS,
        file=SimpleUploadedFile("listings.txt", b"no listing report"),
        by=olivia,
        at=lives.NOW,
        once=KEY,
    )
    Import.objects.filter(pk=source.pk).update(status=Import.Status.FAILED)
    source.refresh_from_db()
    source.pk = None

    with pytest.raises(IntegrityError, match="a_form_makes_one_import"), transaction.atomic():
        source.save(force_insert=True)
