"""Template tags of mails."""

from django import template

register = template.Library()


@register.filter
def quoted(typed: str) -> str:
    """What somebody typed, each line marked as theirs: else one of them could speak as the desk."""
    return "\n".join(f"  > {line}".rstrip() for line in typed.splitlines())
