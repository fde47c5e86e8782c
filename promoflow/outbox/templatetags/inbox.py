"""The bell with the unread messages, and the notices of mail and of channels in trouble."""

from typing import Any

from django import template

from promoflow.outbox import selectors

register = template.Library()


@register.inclusion_tag("outbox/_bell.html", takes_context=True)
def bell(context: template.Context) -> dict[str, object]:
    user: Any = context.get("user")
    signed_in = user is not None and user.is_authenticated
    unread = selectors.unread(user) if signed_in else 0
    shown = f"{selectors.MOST_COUNTED - 1}+" if unread >= selectors.MOST_COUNTED else str(unread)
    return {"signed_in": signed_in, "unread": unread, "shown": shown}


@register.inclusion_tag("outbox/_troubles.html", takes_context=True)
def channel_troubles(context: template.Context) -> dict[str, object]:
    user = context["user"]
    return {"outage": selectors.outage(user), "channels": list(selectors.in_trouble(user))}
