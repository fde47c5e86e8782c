"""The dossier of a request: one page made for paper, and the same as a PDF that Chromium makes."""

import html
import json
import re
import subprocess
import sys
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.roles import AUDITOR, OPERATOR
from promoflow import fonts, printing
from promoflow.audit import notes
from promoflow.audit.models import PEOPLES, Entry
from promoflow.audit.places import Folder
from promoflow.catalog.models import Product
from promoflow.errors import WrongState
from promoflow.promotions.models import State
from promoflow.promotions.pages import paper
from promoflow.promotions.services import alarms, discussing, drafting, running
from tests import cast
from tests.audit import logs
from tests.policies import drafts
from tests.promotions import lives, papers
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("now")]

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = '</title></style><script>document.title="RAN"</script><img src="http://127.0.0.1:9/x"> & "台灯"'


@pytest.fixture
def signing(settings, tmp_path):
    """Signs the history as it stands, for the pages to read."""
    settings.CHECKPOINT_FOLDER = tmp_path / "checkpoints"
    settings.CHECKPOINT_FOLDER.mkdir()
    (settings.CHECKPOINT_FOLDER / "key.pub").write_text(logs.PUBLIC)

    def sign():
        logs.signer(Folder(settings.CHECKPOINT_FOLDER)).sign(logs.NOW)
        return notes.read(Folder(settings.CHECKPOINT_FOLDER).newest(), notes.verifier_of(logs.PUBLIC))

    return sign


@pytest.fixture
def rich(aurora, olivia, sam, sue, signing):
    """Returned once, approved by two, commented on, live and verified; the history is signed."""
    lives.submitted(aurora, lives.social_code(SET), by=olivia)
    request = lives.submitted(aurora, lives.deep(title="Half off the set"), by=olivia)
    digest = bytes(request.newest.digest).hex()
    discussing.say(
        reference=request.reference,
        body=f"Is the stock there? {HOSTILE}",
        revision=digest,
        by=sam,
        at=lives.NOW,
    )
    lives.approve(request, by=sam, note=f"Fine by me. {HOSTILE}")
    lives.approve(request, by=sue, at=lives.NOW + timedelta(minutes=2), note="And by me.")
    lives.go_live(request, by=olivia)
    return lives.again(request)


def text(page):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def dossier_of(client, request):
    return client.get(reverse("request-dossier", args=[request.reference]))


def test_it_says_all_that_an_auditor_asks(client, rich, signing, ada):
    checkpoint = signing()
    client.force_login(ada)

    page = dossier_of(client, rich).content.decode()
    said = text(page)

    revision = rich.newest
    assert "Half off the set" in said
    assert "State Live" in said
    assert "revision 1 by Olivia" in said
    assert f"{SET} – $120.00" in said
    assert "What the rules found, as Sam saw it By policy 1, Sun 22 Nov 2026, 02:00 PST" in said
    assert "What the rules found, as Sue saw it By policy 1, Sun 22 Nov 2026, 02:02 PST" in said
    assert "The operator's reason: The stock is meant for this." in said
    assert "Acknowledged by Sam." in said
    assert "Acknowledged by Sue." in said
    assert f"The worst price {SET} The sum Price $120.00" in said
    assert "Shoppers would pay $60.00 Floor price $60.00" in said
    assert "picture-lane" in page
    assert "Approved by Sam, revision 1, Sun 22 Nov 2026, 02:00 PST" in said
    assert "And by me." in said
    for decision in rich.decisions.all():
        assert bytes(decision.report_digest).hex() in page
    assert bytes(revision.digest).hex() in page
    assert "A2NW32V27GZS2T" in said
    assert "Is the stock there?" in said
    for entry in Entry.objects.filter(PEOPLES, subject=rich.reference).select_related("link"):
        assert f"{entry.link.seq} " in said
        assert entry.link.row_hex in page
    assert f"History: {checkpoint.size} entries, root" in said
    assert "Printed Sun 22 Nov 2026, 02:00 PST / Sun 22 Nov 2026, 18:00 UTC+8 by Ada" in said


def test_its_receipts_are_those_that_the_verifier_takes(client, rich, signing, ada, tmp_path):
    checkpoint = signing()
    client.force_login(ada)
    page = dossier_of(client, rich).content.decode()
    proven = [int(pk) for pk in re.findall(r"receipt of entry (\d+)", text(page))]

    events = [Entry.objects.get(pk=pk).event for pk in proven]
    assert events == ["request.endorsed", "request.approved", "request.marked_live"]
    for pk in proven:
        receipt = client.get(reverse("history-receipt", args=[pk])).content
        assert all(part in page for part in json.loads(receipt)["proof"])
        file = tmp_path / f"receipt-{pk}.json"
        file.write_bytes(receipt)
        command = [sys.executable, ROOT / "promoflow/audit/verifier.py", file, "--key", logs.PUBLIC]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert text(page).count(str(checkpoint.size)) > 1


def test_without_a_checkpoint_it_claims_no_proof(client, rich, ada):
    client.force_login(ada)

    said = text(dossier_of(client, rich).content.decode())

    assert "The history has no signed checkpoint." in said
    assert said.count("No checkpoint is signed for it yet.") == 3
    assert "Root" not in said


@pytest.mark.parametrize("state", State.values)
def test_every_request_has_one(client, aurora, olivia, sam, ada, state):
    request = brought(aurora, olivia, sam, state)
    client.force_login(ada)

    response = dossier_of(client, request)

    assert request.state == state
    assert response.status_code == 200
    assert request.reference in response.content.decode()


def brought(aurora, olivia, sam, state):
    if state in {State.DRAFT, State.CANCELLED}:
        request = lives.drafted(aurora, by=olivia)
    elif state in {State.IN_REVIEW, State.REJECTED}:
        request = lives.submitted(aurora, by=olivia)
    elif state == State.APPROVED:
        request = lives.approved(aurora, by=olivia, supervisor=sam)
    else:
        request = lives.live(aurora, by=olivia, supervisor=sam)
    if state == State.CANCELLED:
        drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW)
    if state == State.REJECTED:
        lives.reject(request, by=sam, note="No.")
    if state == State.ENDED:
        running.stop(reference=request.reference, by=sam, at=lives.NOW)
    return lives.again(request)


def test_an_edit_leaves_no_approval_on_it(client, aurora, olivia, sam, ada):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(percent="10.00"), by=olivia, at=lives.NOW
    )
    client.force_login(ada)

    said = text(dossier_of(client, request).content.decode())

    assert "Approved not this content, or by nobody yet" in said
    assert "revision 2 by Olivia" in said
    assert "One approval among them counts no more" in said
    assert "Void: Olivia changed the content," in said


def test_what_the_first_person_saw_stays_hidden_from_the_second(client, rich, sue):
    client.force_login(sue)

    before = text(dossier_of(client, rich).content.decode())
    lives.verify(rich, by=sue)

    after = text(dossier_of(client, rich).content.decode())
    assert "What the first person saw is printed once a second one has looked" in before
    assert "First look, Olivia Second look, Sue" in after


def test_an_amendment_and_what_it_amends_name_each_other(client, aurora, olivia, sam, ada):
    live = lives.live(aurora, by=olivia, supervisor=sam)
    amendment = lives.amendment_of(live, {"budget": "900.00"}, by=olivia)
    client.force_login(ada)

    before = text(dossier_of(client, live).content.decode())
    after = text(dossier_of(client, amendment).content.decode())

    assert f"Amendments {amendment.reference}: Draft" in before
    assert f"Amendments Amends {live.reference} Budget: $500.00 → $900.00" in after


def test_an_alarm_is_printed_with_who_settled_it(client, aurora, olivia, sam, sue, mia, ada):
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)
    drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)
    alarms.settle(
        reference=request.reference,
        by=sue,
        at=lives.NOW,
        note="It ends tomorrow.",
        confirmed_at=lives.NOW,
    )
    client.force_login(ada)

    said = text(dossier_of(client, request).content.decode())

    assert "Policy 2, published by Sue, blocks it since Sun 22 Nov 2026, 02:00 PST · settled by Sue," in said
    assert "It ends tomorrow." in said


def test_of_thousands_of_products_the_far_ones_are_printed_close_together(
    client, aurora, olivia, ada, monkeypatch
):
    monkeypatch.setattr(paper, "SPELLED_OUT", 1)
    request = lives.drafted(aurora, lives.coupon(LAMP, FLOOR_LAMP, SET), by=olivia)
    client.force_login(ada)

    said = text(dossier_of(client, request).content.decode())

    assert "3 products" in said
    assert f"Aurora desk lamp, warm white {LAMP}" in said
    assert "2 more products, further from their floors" in said
    assert f"{FLOOR_LAMP} $49.00 $39.20 $25.00; {SET} $120.00 $96.00 $60.00" in said


def test_paper_is_letter_where_people_use_letter(client, aurora, olivia, ada):
    berlin = cast.store("Aurora DE", marketplace_id="A1PA6795UKMFR9", merchant_id="A2AURORADE12345")
    cast.grant(ada, berlin, AUDITOR)
    Product.objects.create(store=berlin, asin="B0AURORADE", title="Lampe", price="50.00", floor_price="20.00")
    german = lives.drafted(berlin, lives.coupon("B0AURORADE"), by=cast.grant(olivia, berlin, OPERATOR))
    client.force_login(ada)

    assert "size: letter" in dossier_of(client, lives.drafted(aurora, by=olivia)).content.decode()
    assert "size: A4" in dossier_of(client, german).content.decode()


# --- The PDF ------------------------------------------------------------------------------------------------


def pdf_of(client, request):
    return client.get(reverse("request-dossier-pdf", args=[request.reference]))


@pytest.fixture
def chromium(settings, chromium_path):
    settings.CHROMIUM = chromium_path


def test_the_pdf_says_what_the_page_says(client, chromium, rich, signing, ada):
    checkpoint = signing()
    client.force_login(ada)

    response = pdf_of(client, rich)

    written = papers.text_of(response.content)
    squeezed = re.sub(r"\s", "", written)
    assert response["Content-Type"] == "application/pdf"
    assert f'filename="{rich.reference}.pdf"' in response["Content-Disposition"]
    assert response.content.startswith(b"%PDF-")
    assert f"{rich.reference}·AuroraUS·amazon.com" in squeezed
    assert f"1/{papers.pages_of(response.content)}" in squeezed
    assert bytes(rich.newest.digest).hex() in squeezed
    assert f"{checkpoint.size}entries,root{root_of(checkpoint)}" in squeezed
    for decision in rich.decisions.all():
        assert bytes(decision.report_digest).hex() in squeezed
    for entry in Entry.objects.filter(PEOPLES, subject=rich.reference).select_related("link"):
        assert entry.link.row_hex in squeezed


@pytest.mark.parametrize("lines", range(0, 32, 8))
def test_neither_a_decision_nor_a_receipt_nor_a_sum_is_torn_over_two_pages(
    client, chromium, aurora, olivia, sam, sue, signing, ada, lines
):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam, note="Go.\n" * lines)
    lives.approve(request, by=sue, at=lives.NOW + timedelta(minutes=2))
    signing()
    client.force_login(ada)

    pages = [re.sub(r"\s", "", page) for page in papers.texts_of(pdf_of(client, request).content)]

    receipts = [found for page in pages for found in re.findall(r"receiptofentry(\d+?)Place", page)]
    assert len(receipts) == 2
    for number in receipts:
        assert any(f"receiptofentry{number}Place" in page and f"/history/{number}/" in page for page in pages)
    for decision in request.decisions.all():
        ends = f"Approvedby{decision.decided_by},revision", bytes(decision.report_digest).hex()
        assert any(all(end in page for end in ends) for page in pages), decision
    assert any("Shopperswouldpay" in page and "Theworstprice" in page for page in pages)


def root_of(checkpoint):
    return checkpoint.text.splitlines()[2]


@pytest.mark.usefixtures("chromium", "chinese_font")
def test_what_people_typed_stays_text_in_the_pdf(client, aurora, rich, ada):
    aurora.__class__.objects.filter(pk=aurora.pk).update(name='"; } body { display: none } </style> \\')
    client.force_login(ada)

    response = pdf_of(client, rich)

    squeezed = re.sub(r"\s", "", papers.text_of(response.content))
    assert re.sub(r"\s", "", HOSTILE) in squeezed
    assert '";}body{display:none}</style>\\' in squeezed
    assert b"RAN" not in response.content.split(b"endobj")[0]


def test_the_printed_file_loads_nothing_and_runs_nothing(chromium, tmp_path):
    (tmp_path / "secret.html").write_text("<p>SECRET")
    asked = []
    page = (
        "<!DOCTYPE html><html><head><title>quiet</title></head><body>still"
        f'<iframe src="{(tmp_path / "secret.html").as_uri()}"></iframe>'
        f'<img src="http://127.0.0.1:{listening(asked)}/pixel.png">'
        '<script>document.body.append("RAN")</script><svg onload="document.body.append(1)"></svg>'
    )

    written = papers.text_of(printing.pdf(page))

    assert written == "still"
    assert asked == []


def listening(asked):
    """A port of this machine that writes down who comes."""

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

        def log_message(self, *_args):
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.handle_request, daemon=True).start()
    return server.server_port


def test_where_no_font_has_chinese_letters_the_page_says_so(client, settings, monkeypatch, rich, ada):
    settings.CHROMIUM = sys.executable
    client.force_login(ada)
    address = reverse("request-dossier", args=[rich.reference])
    warned = "no font with Chinese letters"

    monkeypatch.setattr(fonts, "has_chinese", lambda: True)
    assert warned not in text(client.get(address).content.decode())
    monkeypatch.setattr(fonts, "has_chinese", lambda: False)
    assert warned in text(client.get(address).content.decode())


def test_where_no_browser_is_there_the_page_says_so(client, settings, rich, ada):
    settings.CHROMIUM = "/nowhere/chromium"
    client.force_login(ada)

    page = dossier_of(client, rich).content.decode()

    assert "This desk has no Chromium" in page
    assert reverse("request-dossier-pdf", args=[rich.reference]) not in page
    assert pdf_of(client, rich).status_code == 409


def test_a_browser_that_hangs_is_ended_with_its_children(settings, monkeypatch, tmp_path):
    children = tmp_path / "children"
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {children}\nwait\n")
    program.chmod(0o755)
    settings.CHROMIUM = str(program)
    monkeypatch.setattr(printing, "_LONGEST", 1.0)

    with pytest.raises(WrongState, match="took too long"):
        printing.pdf("<p>anything")

    child, until = int(children.read_text()), time.monotonic() + 5
    while not is_gone(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert is_gone(child)


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_a_browser_that_makes_nothing_is_told(settings, tmp_path):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    settings.CHROMIUM = str(program)

    with pytest.raises(WrongState, match="could not make the PDF"):
        printing.pdf("<p>anything")


def test_looking_writes_nothing(client, chromium, rich, ada):
    client.force_login(ada)
    before = Entry.objects.count()

    dossier_of(client, rich)
    pdf_of(client, rich)

    assert Entry.objects.count() == before


@pytest.mark.parametrize("name", ["request-dossier", "request-dossier-pdf"])
def test_who_may_not_read_the_request_gets_no_dossier(client, rich, stranger, name):
    client.force_login(stranger)

    assert client.get(reverse(name, args=[rich.reference])).status_code == 404
