"""Chats are written to as their services want it, and what they answer is understood."""

import logging

import pytest
from django.core import mail

from promoflow.outbox import chat, kinds, sealing
from promoflow.outbox.reaching import Unreached
from tests.outbox.webhooks import ADDRESSES

TEXT = "PR-1042 waits for your decision: 黑五 <coupon> & more\nhttps://desk.test/requests/PR-1042/"


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_each_service_gets_the_message_at_its_own_address(service, kind):
    if kind in ("feishu", "lark"):
        service.body = b'{"code": 0, "msg": "success", "data": {}}'
    if kind in ("dingtalk", "wecom"):
        service.body = b'{"errcode": 0, "errmsg": "ok"}'

    chat.send(kind, ADDRESSES[kind], TEXT, key="the-key")

    [written] = service.written
    whole = ADDRESSES[kind].partition("://")[2]
    host, _slash, path = whole.partition("/")
    assert written["host"] == host.partition(":")[0]
    assert written["path"].partition("?")[0].strip("/") == path.partition("?")[0].strip("/")
    assert "PR-1042 waits for your decision: 黑五" in written["text"]
    assert "https://desk.test/requests/PR-1042/" in written["text"]
    assert "appriseit" not in written["text"].lower()


@pytest.mark.parametrize("kind", ["feishu", "lark"])
def test_a_title_calls_nobody_and_links_nowhere(service, kind):
    service.body = b'{"code": 0}'
    title = 'PR-1042 <at user_id="all">all</at> [here](https://evil.example)'

    chat.send(kind, ADDRESSES[kind], f"{title}\nhttps://desk.test/requests/PR-1042/", key="k")

    [text] = service.texts
    assert "<" not in text
    assert "[" not in text
    assert "PR-1042 ＜at user_id=" in text
    assert "https://desk.test/requests/PR-1042/" in text


def test_a_webhook_gets_the_key_by_which_it_knows_a_second_copy(service):
    chat.send("webhook", ADDRESSES["webhook"], TEXT, key="the-key")

    [written] = service.written
    assert written["json"] == {"id": "the-key", "text": TEXT}
    assert written["headers"]["Idempotency-Key"] == "the-key"


@pytest.mark.parametrize("kind", kinds.KINDS)
@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_each_service_that_answers_with_an_error_took_nothing(service, kind, status):
    service.status = status

    with pytest.raises(Unreached, match=f"answered {status} instead"):
        chat.send(kind, ADDRESSES[kind], TEXT, key="k")

    assert len(service.written) == 1


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("wecom", b'{"errcode": 93000, "errmsg": "invalid webhook url"}', "93000 invalid webhook url"),
        ("dingtalk", b'{"errcode": 310000, "errmsg": "keywords not in content"}', "310000 keywords not"),
        ("feishu", b'{"code": 19001, "msg": "param invalid", "data": {}}', "19001 param invalid"),
        ("lark", b'{"code": 19024, "msg": "Key Words Not Found"}', "19024 Key Words Not Found"),
    ],
)
def test_who_says_200_and_refuses_in_the_body_took_nothing(service, kind, body, words):
    service.body = body

    with pytest.raises(Unreached, match=words):
        chat.send(kind, ADDRESSES[kind], TEXT, key="k")


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_neither_logs_nor_errors_tell_the_address(service, kind, caplog, capfd):
    service.status = 500
    caplog.set_level(logging.DEBUG)

    with pytest.raises(Unreached) as refusal:
        chat.send(kind, ADDRESSES[kind], TEXT, key="k")

    said = caplog.text + str(refusal.value) + "".join(capfd.readouterr())
    secret = ADDRESSES[kind][-10:]
    assert secret not in said


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_the_address_of_a_service_is_known(service, kind):
    kinds.check_address(kind, ADDRESSES[kind])


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("feishu", "http://open.feishu.cn/open-apis/bot/v2/hook/feishu-secret-1234567890"),
        ("feishu", "https://open.feishu.cn.evil.example/open-apis/bot/v2/hook/feishu-secret-1234567890"),
        ("feishu", "https://evil.example/open-apis/bot/v2/hook/feishu-secret-1234567890"),
        ("feishu", "https://open.feishu.cn@evil.example/open-apis/bot/v2/hook/feishu-secret-1234567890"),
        ("feishu", ADDRESSES["lark"]),
        ("slack", "https://hooks.slack.com/services/T1/"),
        ("slack", ADDRESSES["slack"] + "\nHost: evil"),
        ("teams", "https://evil.example/?https://prod-01.westus.logic.azure.com/workflows/x"),
        ("teams", "https://prod-01.westus.logic.azure.com/nothing-of-the-sort"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a"),
        ("webhook", "http://hooks.example.com/x"),
        ("webhook", "ftp://hooks.example.com/x"),
        ("webhook", "file:///etc/passwd"),
        ("webhook", "https://name:password@hooks.example.com/x"),
        ("webhook", "https://hooks.example.com:99999/x"),
        ("webhook", "https://nowhere.example/x"),
        ("webhook", "https:///x"),
        ("webhook", "hooks.example.com/x"),
        ("webhook", "https://hooks.example.com/" + "x" * 2000),
    ],
)
def test_another_address_is_refused(service, kind, address):
    with pytest.raises(Unreached):
        kinds.check_address(kind, address)


def test_in_the_demonstration_a_chat_message_stays_on_the_machine(service, settings):
    settings.DEMO = True

    chat.send("feishu", ADDRESSES["feishu"], TEXT, key="the-key")

    [kept] = mail.outbox
    assert kept.to == ["feishu@chat.invalid"]
    assert kept.body == TEXT
    assert "feishu-secret" not in kept.message().as_string()
    assert service.written == []


def test_a_sealed_address_is_opened_by_the_key_and_by_no_other(settings):
    sealed = sealing.seal(ADDRESSES["slack"])
    assert ADDRESSES["slack"] not in sealed
    assert sealing.open_(sealed) == ADDRESSES["slack"]
    old = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [old]
    assert sealing.open_(sealed) == ADDRESSES["slack"]

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.Lost, match="Type it again"):
        sealing.open_(sealed)


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        (ADDRESSES["slack"], "hooks.slack.com/…i7FQ"),
        ("https://hooks.example.com/short", "hooks.example.com/…"),
        ("https://hooks.example.com", "hooks.example.com/…"),
    ],
)
def test_a_mask_tells_too_little_to_write_there(address, masked):
    assert sealing.mask(address) == masked
