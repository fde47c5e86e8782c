"""Addresses that people type are reached where they are public, and lead to no machine of our own."""

import socket
import ssl
import threading

import pytest

from promoflow.outbox import reaching
from promoflow.outbox.reaching import INTERNET, Line, Unreached, is_public, post

URL = "https://hooks.example.com/a?b=c"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_what_is_not_the_internet_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]"])
def test_no_writing_of_this_machine_is_reached(host):
    with pytest.raises(Unreached, match=r"private network|No host"):
        post(f"https://{host}/", b"{}", {}, line=INTERNET)


def test_one_private_address_among_public_ones_refuses_the_host():
    both = Line(
        lambda host, port: [("1.1.1.1", port), ("10.0.0.1", port)], is_public, ssl.create_default_context
    )

    with pytest.raises(Unreached, match="inside of a private network"):
        post(URL, b"{}", {}, line=both)


def test_the_address_that_was_checked_is_the_one_that_is_called(service):
    """A name that answers differently the second time is asked once."""
    asked = []

    def changing(host, port):
        asked.append(host)
        return service.line.resolve(host, port) if len(asked) == 1 else [("10.0.0.1", port)]

    answer = post(URL, b'{"a": 1}', {}, line=Line(changing, service.line.admits, service.line.trust))

    assert answer.status == 200
    assert asked == ["hooks.example.com"]
    assert service.written[0]["path"] == "/a?b=c"


def test_an_unknown_host_is_said_to_be_unknown(service):
    with pytest.raises(Unreached, match=r"No host is called nowhere\.example\."):
        post("https://nowhere.example/", b"{}", {}, line=service.line)


def test_a_redirect_is_not_followed(service):
    service.status, service.headers = 307, {"Location": "https://hooks.example.com/elsewhere"}

    answer = post(URL, b"{}", {}, line=service.line)

    assert answer.status == 307
    assert len(service.written) == 1


def test_a_certificate_of_nobody_is_not_trusted(service):
    line = Line(service.line.resolve, service.line.admits, ssl.create_default_context)

    with pytest.raises(Unreached, match=r"certificate of hooks\.example\.com is not valid"):
        post(URL, b"{}", {}, line=line)

    assert service.written == []


def test_a_certificate_of_another_host_is_not_trusted(service):
    line = Line(
        lambda host, port: service.line.resolve("hooks.example.com", port), lambda _: True, service.line.trust
    )

    with pytest.raises(Unreached, match=r"certificate of other\.example is not valid"):
        post("https://other.example/", b"{}", {}, line=line)


def test_who_does_not_answer_in_time_is_hung_up_on(service, monkeypatch):
    monkeypatch.setattr(reaching, "WHOLE_SECONDS", 0.3)
    service.wait = 2

    with pytest.raises(Unreached, match="did not answer within"):
        post(URL, b"{}", {}, line=service.line)


def test_who_drips_is_hung_up_on_too(monkeypatch):
    """Each byte comes in time, the answer never does."""
    monkeypatch.setattr(reaching, "WHOLE_SECONDS", 0.5)
    gate = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip():
        connection, _address = gate.accept()
        while not over.wait(0.1):
            try:
                connection.sendall(b"\x16")
            except OSError:
                break
        connection.close()

    dripping = threading.Thread(target=drip)
    dripping.start()
    line = Line(lambda host, port: [gate.getsockname()], lambda _: True, ssl.create_default_context)
    try:
        with pytest.raises(Unreached):
            post(URL, b"{}", {}, line=line)
    finally:
        over.set()
        dripping.join()
        gate.close()


def test_the_next_address_is_called_where_the_first_is_dead(service):
    with socket.create_server(("127.0.0.1", 0)) as gate:
        dead = gate.getsockname()
    line = Line(
        lambda host, port: [dead, *service.line.resolve(host, port)], service.line.admits, service.line.trust
    )

    assert post(URL, b"{}", {}, line=line).status == 200


def test_a_closed_door_is_said_to_be_closed():
    with socket.create_server(("127.0.0.1", 0)) as gate:
        place = gate.getsockname()
    line = Line(lambda host, port: [place], lambda _: True, ssl.create_default_context)

    with pytest.raises(Unreached, match="could not be reached"):
        post(URL, b"{}", {}, line=line)
