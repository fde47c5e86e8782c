"""Discussing a request: everybody of the store may, those who are named hear of it, and nothing moves."""

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, Stale
from promoflow.outbox.models import Message
from promoflow.outbox.notices import write
from promoflow.promotions import selectors
from promoflow.promotions.mentions import mentioned, shown
from promoflow.promotions.models import Comment, State
from promoflow.promotions.services import discussing, drafting
from tests import cast
from tests.promotions import lives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def request_(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


def say(request, body, *, by, **more):
    given = {"revision": lives.as_shown(request)["revision"], "at": lives.NOW, "by": by, **more}
    return discussing.say(reference=request.reference, body=body, **given)


def page_of(client, request, person):
    client.force_login(person)
    return client.get(reverse("request", args=[request.reference])).content.decode()


def told():
    found = Message.objects.filter(notice="request_mentioned")
    return set(found.values_list("recipient__name", flat=True))


# --- What is said ---------------------------------------------------------------------------------------


def test_a_comment_is_kept_with_who_said_it_on_which_revision_and_in_the_history(request_, sam):
    comment = say(request_, "  Is the stock there?\r\nAll of it?  ", by=sam)

    entry = Entry.objects.get(event="request.commented")
    assert (comment.body, comment.said_by) == ("Is the stock there?\nAll of it?", sam)
    assert comment.revision_id == request_.current_id
    assert (entry.actor_name, entry.subject, entry.why) == ("Sam", request_.reference, comment.body)
    assert (entry.step, entry.state_after) == (None, "")
    assert bytes(entry.revision_digest) == bytes(request_.current.digest)


@pytest.mark.parametrize(("body", "sentence"), [(" \n ", "Write what"), ("x" * 2001, "at most 2000")])
def test_a_comment_says_something_and_not_too_much(request_, sam, body, sentence):
    with pytest.raises(Blocked, match=sentence):
        say(request_, body, by=sam)

    assert not Comment.objects.exists()
    assert Entry.objects.filter(event="request.comment_refused").count() == 1


def test_a_comment_on_a_revision_of_another_request_is_refused(aurora, request_, olivia, sam):
    other = lives.submitted(aurora, lives.coupon(lives.SET), by=olivia)

    with pytest.raises(Blocked, match="damaged"):
        say(request_, "Well?", by=sam, revision=lives.as_shown(other)["revision"])


def test_nobody_without_a_role_on_the_store_comments(request_, stranger, root):
    for person in (stranger, root):
        with pytest.raises(NotAllowed, match="role on the store"):
            say(request_, "Well?", by=person)


# --- It moves nothing -----------------------------------------------------------------------------------


def test_a_discussion_voids_nothing_that_a_reviewer_has_on_the_screen(request_, olivia, sam, sue):
    page = lives.as_shown(request_)
    say(request_, "@Sam it is for the weekend.", by=olivia)
    say(request_, "I would not.", by=sue)

    lives.approve_as_shown(request_, page, by=sam)

    assert lives.again(request_).state == State.APPROVED


def test_any_change_of_content_does(request_, olivia, sam):
    page = lives.as_shown(request_)
    say(request_, "The title is wrong.", by=sam)
    drafting.edit(
        reference=request_.reference, revision=1, typed=lives.coupon(title="Better"), by=olivia, at=lives.NOW
    )
    lives.submit(request_, by=olivia)

    with pytest.raises(Stale):
        lives.approve_as_shown(request_, page, by=sam)


def test_a_comment_on_what_is_approved_leaves_it_approved(aurora, olivia, sam, sue):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    before = (request.step, request.decisions.get().valid)

    say(request, "Are you sure?", by=sue)

    request = lives.again(request)
    assert request.state == State.APPROVED
    assert (request.step, request.decisions.get().valid) == before
    lives.go_live(request, by=olivia)


def test_what_a_reviewer_commented_on_they_have_seen(request_, olivia, sam):
    say(request_, "Less.", by=sam)
    drafting.edit(
        reference=request_.reference, revision=1, typed=lives.coupon(percent="10.00"), by=olivia, at=lives.NOW
    )

    assert selectors.last_seen_revision(lives.again(request_), sam).number == 1


# --- Whom it tells --------------------------------------------------------------------------------------


def test_who_is_named_hears_of_it_and_nobody_else(request_, sam, sue, ada):
    comment = say(request_, "@ada and @SUE, look: sam@example.com", by=sam)

    assert told() == {"Ada", "Sue"}
    assert set(comment.mentions) == {ada.pk, sue.pk}
    message = Message.objects.filter(notice="request_mentioned")[0]
    subject, body = write(message.notice, context=message.context, recipient="Ada", link="https://desk/")
    assert subject == f"Sam mentions you on {request_.reference}: Save on lamps"
    assert "> @ada and @SUE, look" in body


def test_who_wrote_it_and_is_mentioned_hears_that_they_are_mentioned(request_, olivia, sam):
    say(request_, "@olivia, is the stock there?", by=sam)

    [message] = Message.objects.filter(notice="request_mentioned", recipient=olivia)
    assert message.because == "You get this because you are mentioned in it."


def test_who_is_ticked_hears_of_it_too(request_, sam, sue, oscar):
    say(request_, "@Sue, what do you think?", by=sam, mentions=[oscar.pk])

    assert told() == {"Sue", "Oscar"}


def test_two_comments_on_one_step_tell_twice(request_, sam, sue):
    say(request_, "@Sue?", by=sam)
    say(request_, "@Sue??", by=sam)

    assert Message.objects.filter(notice="request_mentioned", recipient=sue).count() == 2


def test_nobody_tells_themselves_or_somebody_who_has_no_role(request_, sam, stranger, root):
    say(request_, "@Sam @Stranger @Root", by=sam)
    with pytest.raises(Blocked, match="role on the store"):
        say(request_, "Psst.", by=sam, mentions=[stranger.pk])

    assert told() == set()


def test_who_was_deactivated_is_not_told(request_, sam, sue):
    sue.is_active = False
    sue.save(update_fields=["is_active"])

    assert say(request_, "@Sue?", by=sam).mentions == []


def test_the_longer_of_two_names_is_meant():
    people = [cast.person("Hao"), cast.person("Hao Zhang 张浩", email="hao.zhang@example.com")]

    def names(text):
        return [person.name for person in mentioned(text, people)]

    assert names("@Hao Zhang 张浩请看") == ["Hao Zhang 张浩"]
    assert names("@hao, look") == ["Hao"]
    assert names("@Hao2 or me@Hao or Hao") == []


# --- What the page shows --------------------------------------------------------------------------------


def test_decisions_and_comments_stand_in_the_order_of_time(client, request_, olivia, sam, ada):
    say(request_, "First words", by=ada, at=lives.NOW.replace(minute=1))
    at = lives.NOW.replace(minute=2)
    lives.send_back(request_, by=sam, at=at, note="Middle words")
    say(lives.again(request_), "Last words", by=olivia, at=lives.NOW.replace(minute=3))

    for person in (olivia, ada):
        part = page_of(client, request_, person).partition('id="discussion"')[2].partition('id="people"')[0]
        assert part.index("First words") < part.index("Middle words") < part.index("Last words")


def test_a_comment_is_text_and_its_links_lead_to_the_desk_alone():
    text = str(shown('<img src=x> @Sam https://evil.example/ PR-12 pr-13 XPR-14 PR-0 "', ["Sam"]))

    assert "&lt;img src=x&gt;" in text
    assert '<strong class="mention">@Sam</strong>' in text
    assert text.count("<a ") == 2
    assert '<a href="/requests/PR-12/">PR-12</a> <a href="/requests/PR-13/">pr-13</a>' in text
    assert "&quot;" in text


def test_a_name_with_markup_in_it_stays_text():
    assert "<b>" not in shown("@<b>Sam</b> hello", ["<b>Sam</b>"])


def test_somebody_comments_on_the_page_and_comes_back_to_it(client, request_, ada, sam):
    page = page_of(client, request_, ada)
    address = reverse("request-comment", args=[request_.reference])
    typed = {"revision": lives.as_shown(request_)["revision"]}

    empty = client.post(address, typed | {"body": " ", "mentions": [sam.pk]})
    said = client.post(address, typed | {"body": "@Sam, see PR-1.", "mentions": [sam.pk]})

    comment = Comment.objects.get()
    assert 'name="mentions"' in page
    assert empty.status_code == 422
    assert "Write what you want to say." in empty.content.decode()
    assert (said.status_code, said.url) == (303, f"/requests/{request_.reference}/#comment-{comment.pk}")
    assert f'id="comment-{comment.pk}"' in page_of(client, request_, ada)


def test_a_name_stays_when_its_person_has_left_the_store(client, aurora, request_, sam, sue):
    say(request_, "@Sue?", by=sam)
    cast.revoke(sue, aurora, "supervisor")

    assert '<strong class="mention">@Sue</strong>' in page_of(client, request_, sam)
