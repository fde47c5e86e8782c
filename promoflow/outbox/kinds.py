"""The services that a channel can be of, as a table: what their addresses look like, and who writes there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.slack import NotifySlack
from apprise.plugins.wecombot import NotifyWeComBot
from apprise.plugins.workflows import NotifyWorkflows
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from promoflow.outbox import reaching
from promoflow.outbox.reaching import Line, Unreached

WEBHOOK: Final = "webhook"
LONGEST_ADDRESS: Final = 2000

# Apprise decorates messages with a picture from elsewhere and a line of its own.
_PLAIN: Final = {"include_image": False}


@dataclass(frozen=True)
class Kind:
    code: str
    name: StrPromise | str
    looks_like: str
    pattern: re.Pattern[str]
    plugin: Callable[[re.Match[str]], Any] | None = None
    """Apprise's writer for an address that matched; none where the desk itself writes."""
    reads_markdown: bool = False
    """Whether it takes any text for Markdown."""
    reads_tags: bool = False
    """Whether a plain text has tags and links in it all the same: <at user_id="all"> calls everybody."""


def _workflows(match: re.Match[str]) -> Any:
    parsed = NotifyWorkflows.parse_native_url(match[0])
    return NotifyWorkflows(**{**parsed, **_PLAIN}) if parsed else None


KINDS: Final = {
    kind.code: kind
    for kind in (
        Kind(
            "feishu",
            gettext_lazy("Feishu"),
            "https://open.feishu.cn/open-apis/bot/v2/hook/…",
            re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9_-]{8,100})/?"),
            lambda match: NotifyFeishu(token=match[1]),
            reads_tags=True,
        ),
        Kind(
            "lark",
            gettext_lazy("Lark"),
            "https://open.larksuite.com/open-apis/bot/v2/hook/…",
            re.compile(r"https://open\.larksuite\.com/open-apis/bot/v2/hook/([A-Za-z0-9_-]{8,100})/?"),
            lambda match: NotifyLark(token=match[1]),
            reads_tags=True,
        ),
        Kind(
            "dingtalk",
            gettext_lazy("DingTalk"),
            "https://oapi.dingtalk.com/robot/send?access_token=…",
            re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{8,128})"),
            lambda match: NotifyDingTalk(token=match[1]),
        ),
        Kind(
            "wecom",
            gettext_lazy("WeCom"),
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
            re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([A-Za-z0-9_-]{8,100})"),
            lambda match: NotifyWeComBot(key=match[1]),
        ),
        Kind(
            "slack",
            "Slack",
            "https://hooks.slack.com/services/…",
            re.compile(r"https://hooks\.slack\.com/services/([A-Z0-9]+)/([A-Z0-9]+)/([A-Za-z0-9]+)/?"),
            lambda match: NotifySlack(
                token_a=match[1], token_b=match[2], token_c=match[3], include_footer=False, **_PLAIN
            ),
        ),
        Kind(
            "teams",
            "Microsoft Teams",
            "https://….logic.azure.com/workflows/…",
            re.compile(r"https://[a-z0-9.-]+\.(?:logic\.azure\.com|api\.powerplatform\.com)(?::443)?/\S+"),
            _workflows,
            reads_markdown=True,
        ),
        Kind(
            WEBHOOK,
            gettext_lazy("Webhook (JSON to an address of your own)"),
            "https://example.com/…",
            re.compile(r"https://[^\s@#]+"),
        ),
    )
}


def check_address(kind: str, address: str, *, line: Line | None = None) -> None:
    """Raises Unreached with the sentence that stands beside the field."""
    service = KINDS[kind]
    match = service.pattern.fullmatch(address)
    if match is None or len(address) > LONGEST_ADDRESS:
        raise Unreached(
            _("An address of %(service)s looks like %(example)s: copy it whole, from https on.")
            % {"service": service.name, "example": service.looks_like}
        )
    if service.plugin is None:
        _check_place(address, line)
    elif _writer(service.plugin, match) is None:
        raise Unreached(_("%(service)s would not know this address.") % {"service": service.name})


def _check_place(address: str, line: Line | None) -> None:
    """Looks the host up. It is looked up again at each message: names move."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise Unreached(_("This is no address: copy it whole, from https on.")) from None
    reaching.find(host, port, line)


def writer_of(kind: str, address: str) -> Any:
    """Apprise's writer to this address; None for a webhook."""
    service = KINDS[kind]
    match = service.pattern.fullmatch(address)
    if service.plugin is None or match is None:
        return None
    return _writer(service.plugin, match)


def _writer(plugin: Callable[[re.Match[str]], Any], match: re.Match[str]) -> Any:
    try:
        return plugin(match)
    except TypeError:
        # What Apprise raises, on paper and in some versions a subclass of it, for parts that it cannot use.
        return None
