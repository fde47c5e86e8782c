"""The demonstration's mailbox, and what could not be delivered."""

from datetime import UTC, datetime

import pytest
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from promoflow.outbox import mailbox
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Message
from promoflow.outbox.services import failing
from tests import cast

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def folder(settings, tmp_path):
    settings.DEMO = True
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.MAIL_FOLDER.mkdir()
    return settings.MAIL_FOLDER


def post(folder, to, subject, body="Hello", *more):
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    backend.send_messages(
        [EmailMessage(subject, body, to=[to]), *(EmailMessage(other, body, to=[to]) for other in more)]
    )


def test_the_mailbox_shows_what_people_would_get(client, folder, olivia):
    post(folder, "sam@example.com", "PR-1042 wartet – 50 % auf alles", "Grüße, 你好\n\n<b>not bold</b>")
    client.force_login(olivia)

    listing = client.get(reverse("mailbox")).content.decode()
    [mail] = mailbox.mails(folder)
    page = client.get(reverse("mail", args=[mail.key])).content.decode()

    assert "sam@example.com" in listing
    assert "PR-1042 wartet – 50 % auf alles" in listing
    assert "Grüße, 你好" in page
    assert "&lt;b&gt;not bold" in page


def test_several_mails_of_one_file_are_several_mails(folder):
    post(folder, "sam@example.com", "one", "Hello", "two", "three")

    assert [mail.subject for mail in mailbox.mails(folder)] == ["three", "two", "one"]
    assert len({mail.key for mail in mailbox.mails(folder)}) == 3


def test_the_mailbox_narrows_to_one_person(client, folder, olivia):
    post(folder, "sam@example.com", "for Sam")
    post(folder, "sue@example.com", "for Sue")
    client.force_login(olivia)

    answer = client.get(reverse("mailbox"), {"to": "sue@example.com"})

    assert [mail.subject for mail in answer.context["page"]] == ["for Sue"]
    assert answer.context["addresses"] == ["sam@example.com", "sue@example.com"]


def test_an_empty_folder_or_none_is_an_empty_mailbox(client, folder, olivia):
    client.force_login(olivia)
    assert b"No mail yet" in client.get(reverse("mailbox")).content

    folder.rmdir()
    assert b"No mail yet" in client.get(reverse("mailbox")).content


@pytest.mark.parametrize("key", ["..%2f..%2fsecret-0", "../secret-0", "secret-0", "nothing", "%00"])
def test_a_key_is_never_a_path(client, folder, olivia, key):
    (folder.parent / "secret.log").write_text("Subject: secret\n\nkept\n")
    post(folder, "sam@example.com", "one")
    client.force_login(olivia)

    assert client.get(f"{reverse('mailbox')}{key}/").status_code == 404


def test_outside_of_the_demonstration_there_is_no_mailbox(client, folder, settings, olivia):
    post(folder, "sam@example.com", "one")
    [mail] = mailbox.mails(folder)
    settings.DEMO = False
    client.force_login(olivia)

    assert client.get(reverse("mailbox")).status_code == 404
    assert client.get(reverse("mail", args=[mail.key])).status_code == 404


@pytest.fixture
def given_up(aurora, sam):
    context = {"reference": "PR-1042", "title": "Coupon", "kind": "coupon"}
    outbox.enqueue("request_approved", to=[sam], key="k", about=aurora, context=context, at=NOW, link="/")
    Message.objects.update(outcome="failed", closed=NOW, attempts=12, reason="OSError: no route")
    return Message.objects.get()


def test_a_manager_sees_what_was_given_up_and_has_it_sent_again(client, given_up, mia):
    client.force_login(mia)
    shown = client.get(reverse("undelivered")).content.decode()

    answer = client.post(reverse("message-retry", args=[given_up.pk]))

    for part in ("Sam", "PR-1042 is approved: Coupon", "OSError: no route"):
        assert part in shown
    assert answer.status_code == 303
    assert outbox.deliver(at=datetime.now(UTC)) == 1


def test_nobody_else_sees_it_or_sends_it_again(client, given_up, sam, ada, root):
    stores_manager = cast.person("Boris")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=stores_manager)
    for person in (sam, ada, root, stores_manager):
        client.force_login(person)
        assert list(client.get(reverse("undelivered")).context["page"]) == []
        assert client.post(reverse("message-retry", args=[given_up.pk])).status_code == 403

    assert Message.objects.get().outcome == "failed"


def test_managers_read_on_their_desk_that_mail_does_not_go_out(client, aurora, sam, mia):
    failing.note_mail_failure(NOW, "OSError: no route")

    pages = []
    for person in (mia, sam):
        client.force_login(person)
        pages.append(client.get(reverse("desk")).content.decode())

    assert ["Mail does not go out" in page for page in pages] == [True, False]
    assert "OSError: no route" in pages[0]


def test_looking_at_a_message_does_not_send_it(client, given_up, mia):
    client.force_login(mia)

    assert client.get(reverse("message-retry", args=[given_up.pk])).status_code == 303
    assert Message.objects.get().outcome == "failed"


def test_the_demonstration_shows_the_codes_also_to_who_is_half_signed_in(client, folder, sam):
    before = cast.code()
    page = client.get(reverse("demo-codes")).content.decode()

    assert sam.email in page
    # Half a minute may end meanwhile.
    assert before in page or cast.code() in page


def test_outside_of_the_demonstration_no_code_is_shown(client, sam):
    assert client.get(reverse("demo-codes")).status_code == 404
    client.force_login(sam)
    assert client.get(reverse("demo-codes")).status_code == 404
    assert client.get(reverse("mailbox")).status_code == 404
