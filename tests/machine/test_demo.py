"""The demo's address: the port that was asked for, or the next free one, held for whoever serves it."""

import http.server
import socket
import threading

import pytest

from promoflow.machine import demo
from promoflow.machine.folder import DataFolder
from promoflow.machine.processes import Processes
from promoflow.machine.progress import Trouble


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_a_free_port_is_taken_without_a_word(free_port, capsys):
    with demo._listen(free_port) as listener:
        assert listener.getsockname() == ("127.0.0.1", free_port)
    assert capsys.readouterr().out == ""


def test_a_taken_port_is_named_and_the_next_free_one_taken(free_port, capsys):
    with socket.create_server(("127.0.0.1", free_port)), demo._listen(free_port) as listener:
        taken = listener.getsockname()[1]

        assert taken > free_port
        assert capsys.readouterr().out == f"  Port {free_port} is taken; taking {taken}.\n"


def test_a_port_that_does_not_exist_is_refused():
    with pytest.raises(Trouble, match="choose another with --port"):
        demo._listen(70_000)


def test_an_address_answers_when_a_page_comes_back(free_port):
    with http.server.HTTPServer(("127.0.0.1", free_port), http.server.SimpleHTTPRequestHandler) as server:
        server.RequestHandlerClass.log_message = lambda *_: None
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        answered = demo._answers(server.socket)
        server.shutdown()
        thread.join()

    assert answered


def test_a_web_server_that_dies_while_we_wait_is_trouble_at_once(free_port, tmp_path):
    processes = Processes()
    with demo._listen(free_port) as listener, processes.ending_with_us():
        folder = DataFolder(tmp_path)
        web = demo._children(folder, {"PATH": "/nowhere"}, listener)[0]
        listener.settimeout(0)
        processes.start(web)

        with pytest.raises(Trouble, match="The web server ended with"):
            while web.is_running():
                pass
            demo._refuse_dead(processes)


def test_a_reset_never_touches_a_database_of_somebody_elses(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@example/elses")
    folder = DataFolder(tmp_path / "data")

    with folder.claimed(), pytest.raises(Trouble, match="DATABASE_URL names another one"):
        demo._forget_last_run(folder, reset=True)


def test_a_reset_says_what_it_removed_and_that_a_new_history_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL")
    folder = DataFolder(tmp_path)
    with folder.claimed():
        for name in ("database", "checkpoints", "checkpointer"):
            folder.subfolder(name)

        demo._forget_last_run(folder, reset=True)

    said = capsys.readouterr().out
    assert "Removed: checkpoints, checkpointer, database. A new history begins" in said


def test_a_reset_of_a_new_folder_removed_nothing_and_says_no_more(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL")
    folder = DataFolder(tmp_path)
    with folder.claimed():
        demo._forget_last_run(folder, reset=True)

    assert "Removed" not in capsys.readouterr().out
