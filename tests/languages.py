"""A catalogue of a few texts beside the real one, so that a test sees whether a page looks a text up."""

import struct


def teach(settings, folder, texts):
    """Chinese pages say these; compiled as gettext compiles, and forgotten with the test."""
    rows = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items())
    data, places = b"", []
    for text in (*(text for text, _said in rows), *(said for _text, said in rows)):
        encoded = text.encode()
        places += [len(encoded), len(data)]
        data += encoded + b"\0"
    start, count = 28, len(rows)
    table = [place + start + 16 * count if odd else place for place, odd in _odd(places)]
    head = struct.pack("<7I", 0x950412DE, 0, count, start, start + 8 * count, 0, 0)
    target = folder / "zh_Hans" / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "django.mo").write_bytes(head + struct.pack(f"<{len(table)}I", *table) + data)
    settings.LOCALE_PATHS = [folder, *settings.LOCALE_PATHS]


def _odd(values):
    return [(value, place % 2 == 1) for place, value in enumerate(values)]
