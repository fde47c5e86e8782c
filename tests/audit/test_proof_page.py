"""The page of the checkpoint: how the history stands to it, and the proof that it grew from an older one."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from promoflow.audit import notes, verifier
from promoflow.audit.models import Entry, Link
from promoflow.audit.places import Folder
from promoflow.audit.services import exporting
from promoflow.audit.tiles import Growing
from tests.audit import logs
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
VERIFIER = notes.verifier_of(logs.PUBLIC)


@pytest.fixture
def folder(settings, tmp_path, aurora, olivia, client, ada):
    """A checkpoint of ten entries or so, then one of twenty more; and an auditor who has signed in."""
    settings.CHECKPOINT_FOLDER = tmp_path
    (tmp_path / "key.pub").write_text(logs.PUBLIC)
    client.force_login(ada)
    logs.write(aurora, olivia, 10)
    checkpointer = logs.signer(Folder(tmp_path), tiles=Growing(tmp_path))
    checkpointer.sign(timezone.now())
    logs.write(aurora, olivia, 20, first=10)
    checkpointer.read()
    checkpointer.sign(timezone.now())
    return tmp_path


def owner(statement):
    """The database's owner, with the guards off."""
    with unguarded("audit_entry", "audit_link"), connection.cursor() as cursor:
        cursor.execute(statement)


def shown(client, name="history-proof"):
    return " ".join(client.get(reverse(name)).content.decode().split())


def kept(folder):
    """The older note, as an auditor kept it."""
    return min(folder.glob("*.note"))


def consistency(client, size):
    return client.get(reverse("history-consistency"), {"size": size})


def checked(given, folder):
    key = verifier.read_key(logs.PUBLIC)
    return verifier.check_consistency(given, verifier.read_notes([kept(folder)], [key]), key)


def test_the_page_says_what_is_signed_and_by_which_key(client, folder):
    page = shown(client)

    assert logs.PUBLIC in page
    assert Folder(folder).newest().split("\n")[2] in page
    assert "the last entry that was signed for is in its place" in page


def test_an_auditor_proves_that_the_history_only_grew_since_the_note_they_kept(client, folder):
    older = notes.read(kept(folder).read_text(), VERIFIER)
    response = consistency(client, older.size)

    newest = notes.read(Folder(folder).newest(), VERIFIER)
    assert f'filename="consistency-{older.size}-{newest.size}.json"' in response["Content-Disposition"]
    assert checked(json.loads(response.content), folder) == (
        f"The history of {logs.NAME} only grew: its {newest.size} entries begin with the {older.size} that "
        f"{kept(folder).name} was signed for."
    )


def test_a_proof_that_was_changed_or_of_another_history_is_refused(client, folder):
    older = notes.read(kept(folder).read_text(), VERIFIER)
    given = json.loads(consistency(client, older.size).content)
    newer = notes.claimed(given["checkpoint"]).size

    for changed in (
        given | {"proof": given["proof"][:-1]},
        given | {"proof": [*given["proof"], "00" * 32]},
        given | {"proof": ["00" * 32, *given["proof"][1:]]},
        given | {"size": older.size - 1},
        given | {"checkpoint": given["checkpoint"].replace(f"\n{newer}\n", f"\n{newer + 1}\n", 1)},
    ):
        with pytest.raises(verifier.Wrong):
            checked(changed, folder)


def test_a_newer_history_that_was_rewritten_before_the_kept_note_has_no_proof(client, folder, aurora, olivia):
    older = notes.read(kept(folder).read_text(), VERIFIER)
    given = json.loads(consistency(client, older.size).content)
    size = notes.claimed(given["checkpoint"]).size
    other = notes.Checkpoint(logs.NAME, size, b"r" * 32)

    with pytest.raises(verifier.Wrong, match=f"was rewritten: the {size} entries"):
        checked(given | {"checkpoint": notes.sign(other, logs.KEY)}, folder)


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ("", "Type how many entries"),
        ("many", "This is no number of entries"),
        ("0", "greater than or equal to 1"),
        ("9999999", "If yours was signed for more"),
    ],
)
def test_a_size_that_cannot_be_is_answered_beside_its_field(client, folder, size, sentence):
    response = consistency(client, size)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert f'value="{size}"' in response.content.decode() or not size


def test_proofs_from_tiles_read_no_more_of_the_history_than_one_row(client, folder):
    note = Folder(folder).newest()
    checkpoint = notes.read(note, VERIFIER)
    link = Link.objects.filter(entry__store_id__isnull=False).order_by("pk")[6]
    from_rows = exporting.receipt(link, checkpoint=checkpoint, note=note)

    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse("history-receipt", args=[link.entry_id]))

    assert json.loads(response.content) == from_rows
    assert not [query for query in queries if '"audit_link"."seq" <=' in query["sql"]]


@pytest.mark.parametrize("damage", ["removed", "other"])
def test_without_tiles_or_with_wrong_ones_the_rows_are_asked(client, folder, damage):
    for path in (folder / "tile").rglob("*"):
        if path.is_file():
            path.unlink() if damage == "removed" else path.write_bytes(bytes(path.stat().st_size))
    older = notes.read(kept(folder).read_text(), VERIFIER)

    assert "only grew" in checked(json.loads(consistency(client, older.size).content), folder)
    entry = Entry.objects.filter(store_id__isnull=False, link__seq__lte=older.size).latest("pk")
    receipt = json.loads(client.get(reverse("history-receipt", args=[entry.pk])).content)
    assert "stands at place" in verifier.check_receipt(receipt, verifier.read_key(logs.PUBLIC))


def test_no_proof_is_given_of_another_history_than_was_signed_for(client, folder):
    link = Link.objects.filter(entry__store_id__isnull=False).latest("pk")
    owner(f"UPDATE audit_link SET row_hash = sha256('other'::bytea) WHERE seq = {link.pk}")
    for path in (folder / "tile" / "0").rglob("*"):
        if path.is_file():
            path.unlink()

    assert consistency(client, 9).status_code == 409
    response = client.get(reverse("history-receipt", args=[link.entry_id]))
    assert response.status_code == 409
    assert "not the one that its newest checkpoint was signed for" in response.content.decode()


def test_a_history_that_was_cut_is_said_to_be_on_both_pages(client, folder):
    owner("DELETE FROM audit_link WHERE seq > 20")
    size = notes.read(Folder(folder).newest(), VERIFIER).size

    for name in ("history", "history-proof"):
        assert "The history is truncated" in shown(client, name)
        assert f"It ends at place 20, and {size} entries were signed for: {size - 20} are missing." in shown(
            client, name
        )


def test_a_last_entry_that_is_another_one_is_said_to_be(client, folder):
    owner("UPDATE audit_link SET row_hash = sha256('other') WHERE seq = (SELECT max(seq) FROM audit_link)")

    assert "The history was rewritten" in shown(client)
    assert "The history was rewritten" in shown(client, "history")


def test_a_checkpointer_that_fell_silent_is_missed(client, folder, aurora, olivia):
    signed_at = timezone.now() - timedelta(minutes=6)
    checkpointer = logs.signer(Folder(folder))
    logs.write(aurora, olivia, 1)
    checkpointer.read()
    checkpointer.sign(signed_at)
    assert "has been silent" not in shown(client)

    logs.write(aurora, olivia, 3)

    assert "3 entries are not signed for yet, and the checkpointer has been silent" in shown(client)
    assert "has been silent" in shown(client, "history")


def test_what_waits_for_the_next_checkpoint_is_counted(client, folder, aurora, olivia):
    logs.write(aurora, olivia, 2)

    assert "2 newer entries wait for the next checkpoint." in shown(client)


def test_where_nothing_is_signed_the_page_says_so(client, folder, settings, tmp_path):
    settings.CHECKPOINT_FOLDER = tmp_path / "nowhere"

    assert "Nothing is signed for" in shown(client)
    assert consistency(client, 1).status_code == 404
