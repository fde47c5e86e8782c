"""The pages say how far the history is signed for, and hand out what proves it."""

import json

import pytest
from django.urls import reverse

from promoflow.audit import notes, verifier
from promoflow.audit.models import Entry, Link
from promoflow.audit.places import Folder
from tests.audit import logs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings, tmp_path, aurora, olivia):
    settings.CHECKPOINT_FOLDER = tmp_path
    (tmp_path / "key.pub").write_text(logs.PUBLIC)
    logs.write(aurora, olivia, 8)
    logs.signer(Folder(tmp_path)).sign(logs.NOW)
    return tmp_path


def test_the_history_says_how_many_entries_are_signed_for(client, folder, ada):
    client.force_login(ada)
    page = " ".join(client.get(reverse("history")).content.decode().split())

    size = notes.read(Folder(folder).newest(), notes.verifier_of(logs.PUBLIC)).size
    assert f"{size} entries are signed for" in page
    assert reverse("history-proof") in page


def test_without_a_checkpoint_the_history_claims_nothing(client, settings, tmp_path, ada):
    settings.CHECKPOINT_FOLDER = tmp_path
    client.force_login(ada)

    assert "signed for" not in client.get(reverse("history")).content.decode()
    assert client.get(reverse("history-checkpoint")).status_code == 404


def test_what_the_published_key_has_not_signed_counts_for_nothing(client, folder, ada):
    (folder / "checkpoint").write_text(Folder(folder).newest().replace("\n", "\n9", 1))
    client.force_login(ada)

    assert "signed for" not in client.get(reverse("history")).content.decode()


def test_the_newest_checkpoint_is_taken_away_as_it_was_signed(client, folder, ada):
    client.force_login(ada)
    response = client.get(reverse("history-checkpoint"))

    assert response.content.decode() == Folder(folder).newest()
    assert "attachment" in response["Content-Disposition"]


def test_a_receipt_from_the_page_is_checked_without_the_desk(client, folder, ada, olivia):
    entry = Entry.objects.filter(actor=olivia, store_id__isnull=False).latest("pk")
    client.force_login(ada)
    assert (
        reverse("history-receipt", args=[entry.pk])
        in client.get(reverse("history-entry", args=[entry.pk])).content.decode()
    )

    receipt = json.loads(client.get(reverse("history-receipt", args=[entry.pk])).content)

    sentence = verifier.check_receipt(receipt, verifier.read_key(logs.PUBLIC))
    assert f"Entry {entry.pk} (store.changed, Aurora US) stands at place {entry.link.seq}" in sentence


def test_an_entry_newer_than_the_checkpoint_has_no_receipt_yet(client, folder, aurora, olivia, ada):
    logs.write(aurora, olivia, 2, first=8)
    newest = Link.objects.order_by("-pk")[0].entry
    client.force_login(ada)

    response = client.get(reverse("history-receipt", args=[newest.pk]))

    assert response.status_code == 409
    assert "One comes every minute" in response.content.decode()


def test_nobody_gets_a_receipt_for_what_they_may_not_see(client, folder, stranger):
    entry = Entry.objects.filter(store_id__isnull=False).latest("pk")
    client.force_login(stranger)

    assert client.get(reverse("history-receipt", args=[entry.pk])).status_code == 404
