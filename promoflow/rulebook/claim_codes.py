"""Claim codes as Amazon stores them, so that two spellings of one code are seen to be one."""

_STORED_AS = str.maketrans({"0": "O", "1": "I"})


def kept(text: str, *, group: bool) -> str:
    """As Amazon keeps it: upper case; of group codes alone it turns digits into letters (domain.md 1, S2)."""
    return normalise(text) if group else text.strip().upper()


def normalise(text: str) -> str:
    """Upper case, with the digits 0 and 1 turned into the letters O and I ("top10tix" is "TOPIOTIX").

    By this any two codes are compared: one of them may be a group's.
    """
    return text.strip().upper().translate(_STORED_AS)


def is_alphanumeric(text: str) -> bool:
    """Only the letters and digits that Amazon takes in a code."""
    return text.isascii() and text.isalnum()
