"""The broker of files: whole messages, each to one reader, whatever is done to its folders."""

import json
import shutil
import threading
from queue import Empty

import pytest
from kombu import Connection, Exchange, Producer, Queue

from promoflow.broker import Transport


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "broker"


@pytest.fixture
def channel(folder):
    """An open channel of the broker, as Celery has one; it remembers nothing of other tests."""
    Transport.global_state.clear()
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
    }
    with Connection("filesystem://", transport=Transport, transport_options=options) as connection:
        yield connection.channel()


def put(channel, **said):
    Producer(channel).publish(said, routing_key="celery")


def got(channel):
    message = Queue("celery", channel=channel).get(no_ack=True)
    return message and message.payload


def test_what_is_put_is_got_once_and_in_its_order(channel):
    for number in range(3):
        put(channel, number=number)

    assert [got(channel)["number"] for _ in range(3)] == [0, 1, 2]
    assert got(channel) is None


def test_a_message_that_a_killed_writer_left_half_is_passed_over(channel, folder):
    put(channel, whole=True)
    # Older than the whole one.
    (folder / f"{1:019}_killed.celery.msg").write_text("")
    (folder / f"{2:019}_killed.celery.msg").write_text('{"body": "half')

    assert got(channel) == {"whole": True}
    assert [file.name for file in folder.glob("*.msg")] == []


def test_no_reader_finds_a_message_before_it_is_whole(channel, folder, monkeypatch):
    seen = []
    rename = type(folder).rename

    def look_first(path, target):
        seen.append([file.name for file in folder.glob("*.msg")])
        return rename(path, target)

    monkeypatch.setattr(type(folder), "rename", look_first)
    put(channel, whole=True)

    assert seen == [[]]


@pytest.mark.parametrize("left", ["", '[["celery", '])
def test_a_table_that_a_killed_writer_left_half_is_written_anew(channel, folder, left):
    table = folder / "control" / "celery.exchange"
    table.parent.mkdir(parents=True)
    table.write_text(left)

    Queue("celery", Exchange("celery"), routing_key="celery", channel=channel).declare()

    [[_routing_key, _pattern, queue]] = json.loads(table.read_text())
    assert queue == "celery"


def test_folders_that_somebody_removes_are_made_again(channel, folder):
    put(channel, number=1)
    shutil.rmtree(folder)

    assert got(channel) is None
    shutil.rmtree(folder)
    put(channel, number=2)

    assert got(channel) == {"number": 2}


@pytest.mark.race
def test_readers_side_by_side_get_each_message_once(channel):
    for number in range(200):
        put(channel, number=number)
    found = []

    def read():
        while True:
            try:
                found.append(channel._get("celery")["body"])
            except Empty:
                return

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert len(found) == len(set(found)) == 200
