"""The text of a PDF that Chromium made, read with nothing but Python."""

import re
import unicodedata
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.S)
# By its length: what is compressed may itself end like a line.
_STREAM = re.compile(rb"/Length (\d+)\b.*?>>\s*stream\r?\n", re.S)


def text_of(pdf: bytes) -> str:
    """All that is written in it, page after page."""
    return "\n".join(texts_of(pdf))


def texts_of(pdf: bytes) -> list[str]:
    """What is written on each page; a font's glyphs are letters by its own table."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {
        number: (2 if b"/Type3" in body else 4, _letters(objects, body))
        for number, body in objects.items()
        if b"/ToUnicode" in body
    }
    return [
        unicodedata.normalize("NFKC", _written(_stream(objects[int(number)]), fonts))
        for body in objects.values()
        if re.search(rb"/Type\s*/Page\b", body)
        for number in re.findall(rb"/Contents (\d+) 0 R", body)
    ]


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    written = body[found.end() : found.end() + int(found[1])]
    return zlib.decompress(written) if b"/FlateDecode" in body else written


def _letters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    table = _stream(objects[int(re.search(rb"/ToUnicode (\d+) 0 R", font)[1])])
    letters = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.S):
        for glyph, letter in re.findall(rb"<(\w+)>\s*<(\w+)>", part):
            letters[int(glyph, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.S):
        for first, last, letter in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", part):
            start = int(letter, 16)
            for glyph in range(int(first, 16), int(last, 16) + 1):
                letters[glyph] = chr(start + glyph - int(first, 16))
    return letters


def _written(content: bytes, fonts: dict[int, tuple[int, dict[int, str]]]) -> str:
    """The shown strings in their order; Skia names a font by the number of its object.

    A font that is drawn glyph by glyph (Type 3) has codes of one byte, any other of two.
    """
    letters, digits_each = dict[int, str](), 4
    written = []
    for font, shown in re.findall(rb"/F(\d+) [\d.]+ Tf|((?:<[0-9A-Fa-f]+>|\[[^\]]*\])\s*TJ?)", content):
        if font:
            digits_each, letters = fonts.get(int(font), (4, {}))
            continue
        digits = b"".join(re.findall(rb"<([0-9A-Fa-f]+)>", shown)).decode()
        places = range(0, len(digits), digits_each)
        glyphs = (int(digits[place : place + digits_each], 16) for place in places)
        written.append("".join(letters.get(glyph, "") for glyph in glyphs))
    return "".join(written)
