"""Places away from this machine: object storage that is spoken to over HTTP, also while it is away."""

import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from promoflow.audit import notes
from promoflow.audit.places import Bucket, Differs, Folder, Following, Mailbox
from tests.audit import logs


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Storage:
    """A server that speaks S3, in a process of its own; what it keeps is lost when it stops."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.client = boto3.client("s3", endpoint_url=self.url)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "moto.server", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the storage did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def keys(self, bucket):
        return [item["Key"] for item in self.client.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.fixture(scope="module")
def credentials():
    named = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="module")
def running(credentials):
    storage = Storage(free_port())
    storage.start()
    yield storage
    storage.stop()


@pytest.fixture
def storage(running, request):
    """With a bucket of the test's own that locks what it is told to lock."""
    running.name = request.node.name.replace("_", "-")[-40:].strip("-")
    running.client.create_bucket(Bucket=running.name, ObjectLockEnabledForBucket=True)
    return running


def bucket(storage, **named):
    return Bucket(f"s3://{storage.name}/desk/notes", endpoint=storage.url, **named)


def checkpoint(size, root=b"r"):
    made = notes.Checkpoint(logs.NAME, size, root * 32, (logs.NOW.isoformat(),))
    return made, notes.sign(made, logs.KEY)


def test_a_note_lies_in_the_bucket_under_its_logs_name(storage):
    made, note = checkpoint(7)
    bucket(storage).put(made, note)

    assert storage.keys(storage.name) == [f"desk/notes/{logs.NAME}/000000000000007.note"]
    body = storage.client.get_object(Bucket=storage.name, Key=bucket(storage).key_of(made))["Body"].read()
    assert notes.read(body.decode(), notes.verifier_of(logs.PUBLIC)) == made


def test_putting_it_twice_is_putting_it_once_and_another_is_refused(storage):
    made, note = checkpoint(7)
    place = bucket(storage)
    place.put(made, note)
    place.put(made, note)

    with pytest.raises(Differs, match="another root"):
        place.put(*checkpoint(7, b"x"))
    assert len(storage.client.list_object_versions(Bucket=storage.name)["Versions"]) == 1


def test_a_locked_note_is_removed_by_nobody(storage):
    made, note = checkpoint(7)
    place = bucket(storage, lock_days=30)
    place.put(made, note)

    at = {"Bucket": storage.name, "Key": place.key_of(made)}
    head = storage.client.head_object(**at)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] - datetime.now(UTC) > timedelta(days=29, hours=23)
    with pytest.raises(ClientError, match="AccessDenied"):
        storage.client.delete_object(**at, VersionId=head["VersionId"], BypassGovernanceRetention=True)


def test_without_days_nothing_is_locked(storage):
    made, note = checkpoint(7)
    bucket(storage).put(made, note)

    assert "ObjectLockMode" not in storage.client.head_object(
        Bucket=storage.name, Key=bucket(storage).key_of(made)
    )


def test_a_bucket_that_is_not_there_is_trouble_that_passes(storage):
    with pytest.raises(OSError, match="NoSuchBucket"):
        Bucket("s3://nowhere-at-all", endpoint=storage.url).put(*checkpoint(7))


def test_a_storage_that_was_away_gets_all_that_it_missed(credentials, tmp_path):
    """Also by the next process: what is owed is in the folder, not in somebody's memory."""
    storage = Storage(free_port())
    storage.name = "late"
    folder = Folder(tmp_path)
    for size in (1, 2, 3):
        made, note = checkpoint(size)
        folder.put(made, note)
        with pytest.raises(OSError, match="Could not connect"):
            Following(folder, bucket(storage)).put(made, note)
    storage.start()
    try:
        storage.client.create_bucket(Bucket="late")

        made, note = checkpoint(4)
        folder.put(made, note)
        Following(folder, bucket(storage)).put(made, note)
        found = [int(key[-9:-5]) for key in storage.keys("late")]
    finally:
        storage.stop()
    assert found == [1, 2, 3, 4]


class Counting(logs.Kept):
    def __str__(self):
        return "counting"


def test_what_follows_the_folder_gets_each_note_once_and_in_order(tmp_path):
    folder, place = Folder(tmp_path), Counting()
    for size in (1, 2, 3):
        made, note = checkpoint(size)
        folder.put(made, note)
        Following(folder, place).put(made, note)
        Following(folder, place).put(made, note)

    assert [notes.claimed(note).size for note in place.notes] == [1, 2, 3]


def test_a_new_place_begins_with_the_newest_note(tmp_path):
    folder, place = Folder(tmp_path), Counting()
    for size in range(1, 100):
        folder.put(*checkpoint(size))

    Following(folder, place).put(*checkpoint(99))

    assert [notes.claimed(note).size for note in place.notes] == [99]


def test_what_the_folder_has_not_got_is_given_to_nobody(tmp_path):
    place = Counting()
    with pytest.raises(OSError, match="has not got checkpoint 5"):
        Following(Folder(tmp_path), place).put(*checkpoint(5))
    assert place.notes == []


def test_a_folder_that_keeps_nothing_more_is_named_and_its_mailbox_gets_each_note_once(
    tmp_path, mailoutbox, caplog
):
    """The folder is full once the note is in it: said of the mailbox, it sent people to the mail server."""
    folder = Folder(tmp_path)
    following = Following(folder, Mailbox(["one@example.com"]))
    folder.put(*checkpoint(5))
    marks = folder.path / f".{following._mark.name}.part"
    marks.mkdir()

    for _again in range(3):
        following.put(*checkpoint(5))

    assert len(mailoutbox) == 1
    assert all(f"could not be kept in {tmp_path}" in record.getMessage() for record in caplog.records)
    marks.rmdir()
    folder.put(*checkpoint(6))
    following.put(*checkpoint(6))
    assert Following(folder, Mailbox(["one@example.com"])).catch_up() == 6
    assert len(mailoutbox) == 2


def test_two_places_are_remembered_apart(tmp_path, mailoutbox):
    folder = Folder(tmp_path)
    made, note = checkpoint(5)
    folder.put(made, note)
    for address in ("one@example.com", "two@example.com"):
        Following(folder, Mailbox([address])).put(made, note)
        Following(folder, Mailbox([address])).put(made, note)

    assert [mail.to for mail in mailoutbox] == [["one@example.com"], ["two@example.com"]]
