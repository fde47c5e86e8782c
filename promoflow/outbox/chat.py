"""Writing to a chat: Apprise knows how each service wants it, and the connection is made our way.

Apprise's writers call `requests`. Here they call `_OurWay`, which stands in its place in their modules: it
connects through promoflow.outbox.reaching - to public addresses only, without redirects, with one deadline -
and it reads what the services answer. Some say 200 and refuse all the same, in the body, which Apprise's
writers for DingTalk and WeCom do not look at.
"""

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import requests
from apprise import NotifyFormat
from apprise.plugins import dingtalk, feishu, lark, slack, wecombot, workflows
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from promoflow.outbox import kinds, reaching
from promoflow.outbox.reaching import Answer, Line, Unreached

# WeCom takes 2048 bytes, the shortest of all.
LONGEST_TEXT: Final = 2000
# Nothing says how to escape in a text of Feishu or Lark, so what looks the same stands in.
_NO_TAGS: Final = str.maketrans("<[", "＜［")
_MARKS: Final = re.compile(r"[\\`*_\[\]()<>#~|]")


@dataclass
class _Call:
    """What one message needs to know of its line, and what went wrong on it."""

    line: Line | None
    trouble: str = ""


_CALL: ContextVar[_Call] = ContextVar("call")


class _OurWay:
    """As much of `requests` as Apprise's writers use."""

    codes = requests.codes
    RequestException = requests.RequestException

    def post(self, url: str, **options: Any) -> requests.Response:
        return self.request("POST", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, str] | None = None,
        data: str | bytes = b"",
        headers: dict[str, str] | None = None,
        **_ignored: Any,
    ) -> requests.Response:
        call = _CALL.get()
        if params:
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
        body = data.encode() if isinstance(data, str) else data
        try:
            answer = reaching.post(url, body, headers or {}, line=call.line)
        except Unreached as trouble:
            call.trouble = str(trouble)
            raise requests.RequestException from None
        call.trouble = _refusal(answer)
        return _response(answer, refused=bool(call.trouble))


for _module in (dingtalk, feishu, lark, slack, wecombot, workflows):
    setattr(_module, "requests", _OurWay())  # noqa: B010 - its type is another


def send(kind: str, address: str, text: str, *, key: str, line: Line | None = None) -> None:
    """Write `text` to the chat; raises Unreached with what went wrong.

    A webhook gets `key` along, by which it knows a second copy. The chats know nothing of the sort.
    In the demonstration it goes where the mails go: nothing leaves the machine.
    """
    if settings.DEMO:
        _put_by(kind, text, key)
        return
    writer = kinds.writer_of(kind, address)
    if writer is not None:
        service = kinds.KINDS[kind]
        if service.reads_tags:
            text = text.translate(_NO_TAGS)
        markdown = service.reads_markdown
        _write(writer, _as_markdown(text) if markdown else text, line, markdown=markdown)
        return
    body = json.dumps({"id": key, "text": text}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
    trouble = _refusal(reaching.post(address, body, headers, line=line))
    if trouble:
        raise Unreached(trouble)


def _put_by(kind: str, text: str, key: str) -> None:
    """Beside the demonstration's mails, as its mailbox shows it."""
    headers = {"Message-ID": f"<{key}@chat.invalid>"}
    EmailMessage(text.partition("\n")[0], text, to=[f"{kind}@chat.invalid"], headers=headers).send()


def _as_markdown(text: str) -> str:
    """Each line a paragraph, in which nothing that somebody typed as a title becomes a link or a heading."""
    lines = (
        line if line.startswith(settings.SITE_URL) else _MARKS.sub(r"\\\g<0>", line)
        for line in text.split("\n")
    )
    return "\n\n".join(lines)


def _write(writer: Any, text: str, line: Line | None, *, markdown: bool) -> None:
    call = _Call(line)
    token = _CALL.set(call)
    try:
        sent = writer.notify(body=text, body_format=None if markdown else NotifyFormat.TEXT)
    finally:
        _CALL.reset(token)
    if not sent or call.trouble:
        raise Unreached(call.trouble or _("The service did not take the message."))


def _refusal(answer: Answer) -> str:
    """What is wrong with an answer, in words; nothing if the message was taken."""
    if not 200 <= answer.status < 300:
        return _("The service answered %(status)s instead of taking the message.") % {"status": answer.status}
    try:
        said = json.loads(answer.body)
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    code = said.get("errcode") or said.get("code") or said.get("StatusCode")
    if not isinstance(code, int) or code == 0:
        return ""
    words = " ".join(str(said.get("errmsg") or said.get("msg") or "").split())[:200]
    return _("The service refused the message: %(code)s %(words)s") % {"code": code, "words": words}


def _response(answer: Answer, *, refused: bool) -> requests.Response:
    """The answer as Apprise reads it; refused in the body is refused."""
    response = requests.Response()
    response.status_code = 400 if refused and answer.status < 400 else answer.status
    response._content = answer.body
    return response
