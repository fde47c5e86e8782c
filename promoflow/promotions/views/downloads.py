"""What leaves a request's page as a file: its products to paste, Amazon's coupon sheet, and screenshots."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from promoflow import sheets, web
from promoflow.files import as_file
from promoflow.promotions import amendments
from promoflow.promotions.content import decode
from promoflow.promotions.pages import bulk_sheet
from promoflow.promotions.services import attaching
from promoflow.promotions.views.requests import find

# It may be shown, and nothing in it may run, load or send anything.
_SEALED = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@require_GET
def asins(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """The chosen products, one a line."""
    promotion = find(request, reference)
    content = decode(promotion.newest.body)
    lines = "".join(f"{asin}\n" for asin in content["asins"])
    response = HttpResponse(lines, content_type="text/plain; charset=utf-8")
    return as_file(response, f"{promotion.reference}-asins.txt")


@require_GET
def coupon_sheet(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """An approved or live coupon as the sheet that Seller Central takes."""
    promotion = find(request, reference)
    bulk_sheet.check_can_download(promotion)
    row = bulk_sheet.row(amendments.in_force(promotion), zone=promotion.store.marketplace.time_zone)
    return sheets.workbook_response(f"{promotion.reference}-coupon.xlsx", bulk_sheet.HEADER, [row])


@require_GET
def screenshot(request: web.SignedInRequest, reference: str, number: int) -> HttpResponse:
    """A screenshot for people of the store: pictures are shown, a PDF is only handed out."""
    promotion = find(request, reference)
    attachment = get_object_or_404(promotion.attachments.all(), pk=number)
    response = HttpResponse(attaching.read(attachment), content_type=attachment.media_type)
    as_file(response, attachment.filename, shown=attachment.is_picture)
    response["Content-Security-Policy"] = _SEALED
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
