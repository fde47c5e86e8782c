"""The admin site: staff may look at everything that is stored, and change nothing."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from promoflow.audit.models import Entry
from promoflow.catalog.models import Import, Product, Sku, Store
from promoflow.policies.models import PolicyDraft, PolicyRevision, PolicyVersion
from promoflow.promotions.models import (
    Activation,
    Alarm,
    Attachment,
    Claim,
    Comment,
    ConflictReport,
    Decision,
    Discrepancy,
    PromotionRequest,
    Reservation,
    Revision,
    Succession,
)


class Site(admin.AdminSite):
    """A site of its own: only what is registered here is on it, and people sign in where everybody does."""

    site_header = site_title = "promoflow"
    index_title = _("To look at; nothing is changed here")
    enable_nav_sidebar = False

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return answer

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to look at. The services are the only way to change one, and the database refuses the rest."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Requests(ReadOnly):
    list_display = ("reference", "store", "state", "created_by", "created_at")
    list_filter = ("state", "store")
    list_select_related = ("store", "created_by")


class Revisions(ReadOnly):
    list_display = ("__str__", "kind", "title", "starts_at", "ends_at", "edited_by", "edited_at")
    list_filter = ("kind",)
    list_select_related = ("edited_by",)
    exclude = ("body",)


class Reports(ReadOnly):
    list_display = ("__str__", "policy", "computed_at", "computed_by")
    list_select_related = ("policy", "computed_by")
    exclude = ("body",)


class Decisions(ReadOnly):
    list_display = ("request", "verdict", "decided_by", "decided_at", "valid")
    list_filter = ("verdict", "valid")
    list_select_related = ("request", "decided_by")


class Reservations(ReadOnly):
    list_display = ("request", "product", "conflict_group", "danger", "held")
    list_filter = ("held",)
    list_select_related = ("request", "product")


class Activations(ReadOnly):
    list_display = ("request", "amazon_id", "live_by", "live_at", "verified_by", "stopped_at")
    list_select_related = ("request", "live_by", "verified_by")


class Products(ReadOnly):
    list_display = ("asin", "title", "store", "price", "floor_price")
    list_filter = ("store",)
    list_select_related = ("store",)
    search_fields = ("asin", "title")


class Skus(ReadOnly):
    list_display = ("sku", "product", "price", "status")
    list_select_related = ("product",)
    search_fields = ("sku",)


class Stores(ReadOnly):
    list_display = ("name", "merchant_id", "marketplace_id")


class Imports(ReadOnly):
    list_display = ("name", "store", "kind", "status")
    list_filter = ("status", "kind")
    list_select_related = ("store",)


class People(ReadOnly):
    list_display = ("name", "email", "person_id", "is_active", "is_staff")
    search_fields = ("name", "email")
    exclude = ("password",)


class Entries(ReadOnly):
    list_display = ("at", "event", "outcome", "actor", "store_name")
    list_filter = ("outcome",)


class Policies(ReadOnly):
    list_display = ("number", "summary", "drafted_by", "published_by", "published_at")
    list_select_related = ("drafted_by", "published_by")
    exclude = ("body",)


class Drafts(ReadOnly):
    list_display = ("number", "status", "opened_by", "opened_at", "closed_by", "closed_at")
    list_filter = ("status",)
    list_select_related = ("opened_by", "closed_by")


class PolicyRevisions(ReadOnly):
    list_display = ("__str__", "edited_by", "edited_at")
    list_select_related = ("draft", "edited_by")
    exclude = ("body",)


class Comments(ReadOnly):
    list_display = ("request", "said_at", "said_by", "body")
    list_select_related = ("request", "said_by")


class Alarms(ReadOnly):
    list_display = ("request", "cause", "raised_at", "raised_by", "settled_at", "settled_by")
    list_select_related = ("request", "raised_by", "settled_by")


class Claims(ReadOnly):
    list_display = ("request", "claimed_at", "claimed_by", "ends_at", "released_at")
    list_select_related = ("request", "claimed_by")


class Attachments(ReadOnly):
    list_display = ("__str__", "media_type", "size", "added_by", "added_at")
    list_select_related = ("added_by",)
    exclude = ("file", "digest")


class Discrepancies(ReadOnly):
    list_display = ("request", "differing", "seen_by", "seen_at")
    list_select_related = ("request", "seen_by")


class Successions(ReadOnly):
    list_display = ("amended", "amendment", "passed_by", "passed_at")
    list_select_related = ("amended", "amendment", "passed_by")


site = Site(name="admin")
for model, look in (
    (PromotionRequest, Requests),
    (Revision, Revisions),
    (ConflictReport, Reports),
    (Decision, Decisions),
    (Reservation, Reservations),
    (Activation, Activations),
    (Product, Products),
    (Sku, Skus),
    (Store, Stores),
    (Import, Imports),
    (User, People),
    (Entry, Entries),
    (PolicyVersion, Policies),
    (PolicyDraft, Drafts),
    (PolicyRevision, PolicyRevisions),
    (Alarm, Alarms),
    (Claim, Claims),
    (Comment, Comments),
    (Attachment, Attachments),
    (Discrepancy, Discrepancies),
    (Succession, Successions),
):
    site.register(model, look)
