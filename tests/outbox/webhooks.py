"""A real web server with a certificate in the place of every chat service, and the line that leads to it."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from promoflow.outbox import reaching
from promoflow.outbox.reaching import Line

HOSTS = (
    "hooks.example.com",
    "open.feishu.cn",
    "open.larksuite.com",
    "oapi.dingtalk.com",
    "qyapi.weixin.qq.com",
    "hooks.slack.com",
    "prod-01.westus.logic.azure.com",
)
ADDRESSES = {
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/feishu-secret-1234567890",
    "lark": "https://open.larksuite.com/open-apis/bot/v2/hook/lark-secret-1234567890",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=dingsecret1234567890",
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=wecom-secret-1234567890",
    "slack": "https://hooks.slack.com/services/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",
    "teams": (
        "https://prod-01.westus.logic.azure.com:443/workflows/643e69f83c8944/triggers/manual/paths/invoke"
        "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu6BitrzaQ"
    ),
    "webhook": "https://hooks.example.com/promoflow/hook-secret-1234567890",
}


class Service:
    """What was written to it, and how it answers: a status, a body, and after how long."""

    def __init__(self) -> None:
        self.written: list[dict[str, object]] = []
        self.status, self.body, self.wait = 200, b"ok", 0.0
        self.headers: dict[str, str] = {}
        self.line: Line

    @property
    def texts(self) -> list[str]:
        return [str(one["text"]) for one in self.written]

    @property
    def hosts(self) -> list[str]:
        return [str(one["host"]) for one in self.written]


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    certificate, key = _certificate(folder)
    service = Service()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    # Some tests hang up on it, and it need not complain.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    place = ("127.0.0.1", server.server_port)
    service.line = Line(
        lambda host, port: [place] if host in HOSTS else [],
        lambda address: address == "127.0.0.1",
        lambda: ssl.create_default_context(cafile=certificate),
    )
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            service.written.append(
                {
                    "host": self.headers["Host"].partition(":")[0],
                    "path": self.path,
                    "headers": dict(self.headers),
                    "text": json.dumps(json.loads(raw), ensure_ascii=False),
                    "json": json.loads(raw),
                }
            )
            time.sleep(service.wait)
            self.send_response(service.status)
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(service.body)))
            self.end_headers()
            self.wfile.write(service.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the services of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(paths[0]), str(paths[1])


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The internet of a test is this one server: pages and workers reach it as they would the real one."""
    with serving(tmp_path) as found:
        monkeypatch.setattr(reaching, "INTERNET", found.line)
        yield found
