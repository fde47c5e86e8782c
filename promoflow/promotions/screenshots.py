"""Screenshots that people attach: read by what they hold, and written anew so that nothing in one can run."""

import hashlib
import io
from dataclasses import dataclass
from typing import IO, Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

PDF: Final = "application/pdf"
PICTURES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
MEDIA_TYPES: Final = (*PICTURES.values(), PDF)

MOST_BYTES: Final = 8 * 1024 * 1024
# A file of a few kilobytes can unfold into gigabytes; a photograph of a large screen has about 15 million.
MOST_PIXELS: Final = 40_000_000

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class Unreadable(ValueError):
    """The file is no screenshot that the desk keeps; says why."""


@dataclass(frozen=True)
class Screenshot:
    """What is kept: a picture without anything but its pixels, or a PDF as it came."""

    body: bytes
    media_type: str

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.body).digest()


def read(file: IO[bytes]) -> Screenshot:
    """The screenshot in a file, whatever the file is called; Unreadable says what is wrong with it."""
    body = file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Unreadable(
            _("The file is larger than %(most)d MB. Attach a smaller picture of the same page.")
            % {"most": MOST_BYTES // 1024 // 1024}
        )
    if body.startswith(b"%PDF-"):
        return _pdf(body)
    return _picture(body)


def _pdf(body: bytes) -> Screenshot:
    if b"%%EOF" not in body[-1024:]:
        raise Unreadable(_("This PDF is not whole. Save it again and attach it anew."))
    return Screenshot(body, PDF)


def _picture(body: bytes) -> Screenshot:
    try:
        with Image.open(io.BytesIO(body), formats=list(PICTURES)) as opened:
            kind = str(opened.format)
            if opened.width * opened.height > MOST_PIXELS:
                raise Unreadable(_("The picture has too many pixels. Attach a smaller one."))
            return Screenshot(_written_anew(opened, kind), PICTURES[kind])
    except Unreadable:
        raise
    except _BROKEN as broken:
        raise Unreadable(
            _("This is no PNG, JPEG or WebP picture and no PDF that the desk can read.")
        ) from broken


def _written_anew(opened: Image.Image, kind: str) -> bytes:
    """The pixels of the first frame, turned as the camera meant; what else the file held is left behind."""
    upright = ImageOps.exif_transpose(opened)
    see_through = upright.has_transparency_data and kind != "JPEG"
    pixels = upright.convert("RGBA" if see_through else "RGB")
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    written = io.BytesIO()
    clean.save(written, kind, **({} if kind == "PNG" else {"quality": 90}))
    return written.getvalue()
