"""Files that people attach, harmless and not."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 30), **saved: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(written, kind, **saved)
    return written.getvalue()


def with_html_in_it() -> bytes:
    """A PNG that is a page too: in a text chunk, and behind its end."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", HTML.decode())
    return picture(pnginfo=notes) + HTML


def bomb(side: int = 50_000) -> bytes:
    """A PNG of a few bytes that says it is `side` by `side` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def sent(body: bytes, name: str = "shot.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, content_type="text/html")
