"""One POST to an address that a person typed, which must not become a way into our own network.

The host is looked up once, every address found must be a public one, and the connection is made to just that
address: a name that answers differently the second time gains nothing. Redirects are not followed, proxies of
the environment not used, and the whole exchange has one deadline, however slowly the other side drips.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

CONNECT_SECONDS: Final = 5
WHOLE_SECONDS: Final = 15
_MOST_PLACES: Final = 4
_MOST_READ: Final = 65_536
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Unreached(Exception):
    """Why a message did not arrive, in a sentence that names no secret."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


@dataclass(frozen=True)
class Line:
    """How hosts are found, which addresses may be called, and whom to trust. Tests bring their own."""

    resolve: Callable[[str, int], list[tuple[str, int]]]
    admits: Callable[[str], bool]
    trust: Callable[[], ssl.SSLContext]


def is_public(address: str) -> bool:
    """Whether anybody on the internet would reach the same machine under it."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = _inside(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def _inside(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that some IPv6 ones are another writing of."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _look_up(host: str, port: int) -> list[tuple[str, int]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(address[0]), port) for *_rest, address in found]


INTERNET = Line(_look_up, is_public, ssl.create_default_context)


def find(host: str, port: int, line: Line | None = None) -> list[tuple[str, int]]:
    """The addresses to call; refused if any of them is not public."""
    line = line or INTERNET
    try:
        found = line.resolve(host, port)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise Unreached(_("No host is called %(host)s.") % {"host": host})
    if not all(line.admits(address) for address, _port in found):
        raise Unreached(
            _("%(host)s is inside of a private network, and the desk writes to none.") % {"host": host}
        )
    return found[:_MOST_PLACES]


def post(address: str, body: bytes, headers: Mapping[str, str], *, line: Line | None = None) -> Answer:
    """Send it; raises Unreached where nobody answered at all."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 443
    places = find(host, port, line)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        return _exchange(places, host, port, path, body, headers, (line or INTERNET).trust())
    except TimeoutError:
        trouble = _("%(host)s did not answer within %(seconds)s seconds.")
    except ssl.SSLCertVerificationError:
        trouble = _("The certificate of %(host)s is not valid.")
    except (OSError, HTTPException):
        trouble = _("%(host)s could not be reached, or broke off.")
    raise Unreached(trouble % {"host": host, "seconds": WHOLE_SECONDS})


def _exchange(
    places: list[tuple[str, int]],
    host: str,
    port: int,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    context: ssl.SSLContext,
) -> Answer:
    plain = _connected(places)
    plain.settimeout(WHOLE_SECONDS)
    # Wrapping takes the socket's descriptor away from it; a second one still reaches the connection.
    handle = plain.dup()
    late = Event()
    timer = Timer(WHOLE_SECONDS, _hang_up, [handle, late])
    timer.daemon = True
    timer.start()
    connection = HTTPSConnection(host, port, context=context)
    try:
        connection.sock = context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
        connection.request("POST", path, body, {**headers, "Connection": "close"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(_MOST_READ))
    except (OSError, HTTPException):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        connection.close()
        plain.close()
        handle.close()


def _connected(places: list[tuple[str, int]]) -> socket.socket:
    """To the first that answers: a machine without IPv6 may find IPv6 addresses all the same."""
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection(place, CONNECT_SECONDS)
    return socket.create_connection(places[-1], CONNECT_SECONDS)


def _hang_up(handle: socket.socket, late: Event) -> None:
    """Wakes whoever waits on the connection."""
    late.set()
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)
