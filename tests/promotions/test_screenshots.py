"""Screenshots: what the desk keeps of a file, who sees it, and that nothing in it runs."""

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from promoflow.audit.models import Entry
from promoflow.promotions import screenshots
from promoflow.promotions.models import Attachment, State
from promoflow.promotions.screenshots import MOST_BYTES, Screenshot, Unreadable
from tests.promotions import attachments, lives
from tests.promotions.lives import LAMP
from tests.promotions.typed import EVIDENCE, with_revision

SHOT = Screenshot(attachments.picture(), "image/png")

pytestmark = pytest.mark.usefixtures("now")


# --- What is kept of a file -----------------------------------------------------------------------------


def kept(body):
    return screenshots.read(io.BytesIO(body))


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_picture_stays_a_picture_of_its_kind(kind, media_type):
    found = kept(attachments.picture(kind))

    assert found.media_type == media_type
    assert Image.open(io.BytesIO(found.body)).size == (40, 30)


def test_a_page_hidden_in_a_picture_is_not_kept():
    """Polyglots are read as a page by a browser that sniffs: only the pixels are written anew."""
    hostile = attachments.with_html_in_it()
    assert hostile.count(b"<script>") == 2

    assert b"<script>" not in kept(hostile).body


def test_what_a_camera_writes_beside_the_pixels_is_not_kept():
    exif = Image.Exif()
    exif[0x010F] = "Camera of Olivia"
    hostile = attachments.picture("JPEG", exif=exif, comment=b"secret")
    assert b"Camera of Olivia" in hostile

    body = kept(hostile).body

    assert b"Camera of Olivia" not in body
    assert b"secret" not in body


def test_a_picture_with_holes_keeps_them():
    written = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(written, "PNG")

    assert Image.open(io.BytesIO(kept(written.getvalue()).body)).mode == "RGBA"


@pytest.mark.parametrize(
    "body",
    [
        attachments.SVG,
        attachments.HTML,
        b"GIF89a" + attachments.HTML,
        b"",
        b"\x89PNG\r\n\x1a\n" + attachments.HTML,
        attachments.picture()[:60],
        attachments.picture("GIF"),
        attachments.picture("BMP"),
        attachments.picture("TIFF"),
    ],
    ids=["svg", "html", "gif and html", "empty", "html behind a signature", "cut off", "gif", "bmp", "tiff"],
)
def test_what_is_no_picture_that_we_take_is_refused(body):
    with pytest.raises(Unreadable, match="no PNG, JPEG or WebP"):
        kept(body)


@pytest.mark.parametrize("side", [7_000, 50_000])
def test_a_bomb_is_refused_before_it_unfolds(side):
    with pytest.raises(Unreadable):
        kept(attachments.bomb(side))


def test_a_file_that_is_too_large_is_refused_with_the_most_it_may_be():
    with pytest.raises(Unreadable, match="larger than 8 MB"):
        kept(attachments.PDF + b" " * MOST_BYTES)


def test_a_pdf_is_kept_to_the_byte_and_a_torn_one_refused():
    assert kept(attachments.PDF) == Screenshot(attachments.PDF, "application/pdf")
    with pytest.raises(Unreadable, match="not whole"):
        kept(b"%PDF-1.4 and no end")


# --- Attaching it ---------------------------------------------------------------------------------------


@pytest.fixture
def approved(aurora, olivia, sam):
    return lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)


@pytest.mark.django_db
def test_both_looks_keep_their_screenshot_and_the_history_names_it(approved, olivia, sue):
    lives.go_live(approved, by=olivia, screenshot=SHOT)
    lives.verify(approved, by=sue, screenshot=Screenshot(attachments.PDF, "application/pdf"))

    first, second = Attachment.objects.order_by("pk")
    assert (first.look, first.added_by, first.size) == ("first", olivia, len(SHOT.body))
    assert (second.look, second.added_by, second.media_type) == ("second", sue, "application/pdf")
    named = dict(Entry.objects.filter(after__has_key="screenshot").values_list("event", "after__screenshot"))
    assert named == {
        "request.marked_live": bytes(first.digest).hex(),
        "request.verified": bytes(second.digest).hex(),
    }


@pytest.mark.django_db
def test_a_screenshot_is_sent_with_the_form_whatever_it_is_called(client, approved, olivia):
    client.force_login(olivia)
    address = reverse("request-live", args=[approved.reference])

    response = client.post(
        address,
        {
            **with_revision(approved, EVIDENCE),
            "screenshot": attachments.sent(attachments.picture("JPEG"), "evil.html"),
        },
    )

    attachment = Attachment.objects.get()
    assert response.status_code == 303
    assert attachment.media_type == "image/jpeg"
    assert attachment.file.name.endswith(".jpg")
    assert "evil" not in attachment.file.name


@pytest.mark.django_db
def test_a_file_that_is_refused_says_so_at_its_field_and_nothing_goes_live(client, approved, olivia):
    client.force_login(olivia)
    address = reverse("request-live", args=[approved.reference])

    response = client.post(
        address, {**with_revision(approved, EVIDENCE), "screenshot": attachments.sent(attachments.SVG)}
    )

    assert response.status_code == 422
    assert "no PNG, JPEG or WebP picture" in response.content.decode()
    assert lives.again(approved).state == State.APPROVED
    assert not Attachment.objects.exists()


# --- Handing it out -------------------------------------------------------------------------------------


def address_of(attachment):
    return reverse("request-screenshot", args=[attachment.request.reference, attachment.pk])


@pytest.mark.django_db
def test_a_picture_is_shown_sealed(client, approved, olivia, ada):
    lives.go_live(approved, by=olivia, screenshot=SHOT)
    client.force_login(ada)

    response = client.get(address_of(Attachment.objects.get()))

    assert response.content == SHOT.body
    assert response["Content-Type"] == "image/png"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline")


@pytest.mark.django_db
def test_a_pdf_is_only_handed_out(client, approved, olivia):
    lives.go_live(approved, by=olivia, screenshot=Screenshot(attachments.PDF, "application/pdf"))
    client.force_login(olivia)

    response = client.get(address_of(Attachment.objects.get()))

    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_nobody_from_outside_the_store_sees_it(client, approved, olivia, stranger):
    lives.go_live(approved, by=olivia, screenshot=SHOT)
    client.force_login(stranger)

    assert client.get(address_of(Attachment.objects.get())).status_code == 404


@pytest.mark.django_db
def test_a_screenshot_is_found_at_its_own_request_only(client, aurora, approved, olivia, sam):
    lives.go_live(approved, by=olivia, screenshot=SHOT)
    other = lives.drafted(aurora, by=olivia)
    client.force_login(olivia)

    address = reverse("request-screenshot", args=[other.reference, Attachment.objects.get().pk])

    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_a_file_that_was_exchanged_or_lost_is_not_shown(client, approved, olivia):
    shot = Screenshot(attachments.picture(size=(41, 31)), "image/png")
    lives.go_live(approved, by=olivia, screenshot=shot)
    attachment = Attachment.objects.get()
    client.force_login(olivia)

    with default_storage.open(attachment.file.name, "wb") as file:
        file.write(attachments.HTML)
    exchanged = client.get(address_of(attachment))
    default_storage.delete(attachment.file.name)
    lost = client.get(address_of(attachment))

    assert (exchanged.status_code, lost.status_code) == (409, 409)
    assert "no longer the one that was attached" in exchanged.content.decode()
    assert "is no longer there" in lost.content.decode()
