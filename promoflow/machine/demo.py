"""`manage.py demo`: promoflow running on this machine with a store to try it on, until Ctrl-C."""


def run(arguments: list[str]) -> int:
    return 0
