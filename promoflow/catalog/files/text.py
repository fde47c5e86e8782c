"""Text files of unknown encoding: which one it is, decided strictly, and the lines one at a time."""

import codecs
from collections.abc import Iterator
from io import TextIOWrapper
from typing import IO

from promoflow.catalog.files.lines import Unreadable

_BLOCK = 1024 * 1024
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHINESE = "gb18030"
# How other kinds of file begin: people upload what they have open.
_OTHER_KINDS = {
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "xls",
    b"\x1f\x8b": "gz",
    b"%PDF": "pdf",
}
# The longest line read. A description in a listing report has 2,000 characters.
LONGEST_LINE = 64 * 1024


def encoding_of(file: IO[bytes], *, japanese: bool) -> str:
    """UTF-16 by its mark; else UTF-8 if every byte fits; else Chinese or the marketplace's code page.

    Amazon writes UTF-8, Windows-1252 in older western accounts, and Shift-JIS (cp932) in Japanese ones; Excel
    on a Chinese Windows saves GBK. Text in another encoding is hardly ever valid UTF-8, and read as GBK it is
    either not valid or made of characters that nobody uses, so that trying in this order guesses right.
    """
    file.seek(0)
    start = file.read(8)
    for mark, kind in _OTHER_KINDS.items():
        if start.startswith(mark):
            raise Unreadable("other-kind", kind=kind)
    candidates = ["utf-8-sig", _CHINESE, "cp932" if japanese else "cp1252"]
    if start.startswith(_UTF16_MARKS):
        candidates = ["utf-16"]
    for encoding in candidates:
        if _fits(file, encoding) and (encoding != _CHINESE or _is_everyday_chinese(file)):
            return encoding
    raise Unreadable("encoding")


def _fits(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _is_everyday_chinese(file: IO[bytes]) -> bool:
    """Whether at least half of what is not ASCII are the 3,755 hanzi of GB 2312's first level."""
    decoder = codecs.getincrementaldecoder(_CHINESE)()
    strange = everyday = 0
    file.seek(0)
    while block := file.read(_BLOCK):
        found = [letter for letter in decoder.decode(block) if not letter.isascii()]
        strange += len(found)
        everyday += sum(b"\xb0" <= letter.encode("gb2312", "ignore")[:1] <= b"\xd7" for letter in found)
    return everyday * 2 >= strange


def lines(file: IO[bytes], encoding: str) -> Iterator[str | None]:
    """The lines without their ends, however large the file is; None stands for one too long to be read."""
    end = _line_end(file, encoding)
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, errors="strict", newline=end)
    try:
        while line := text.readline(LONGEST_LINE):
            if line.endswith(end):
                yield line.rstrip("\r\n")
            elif len(line) < LONGEST_LINE:
                yield line
            else:
                _skip_line(text, end)
                yield None
    finally:
        text.detach()


def _line_end(file: IO[bytes], encoding: str) -> str:
    """A carriage return alone, as Excel for the Mac writes it, where the first line has no other end.

    In any other file it is a character like others, such as one in a description.
    """
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, errors="strict", newline="\n")
    start = text.readline(LONGEST_LINE)
    text.detach()
    return "\r" if "\r" in start and not start.endswith("\n") else "\n"


def _skip_line(text: TextIOWrapper, end: str) -> None:
    while (rest := text.readline(LONGEST_LINE)) and not rest.endswith(end):
        pass
