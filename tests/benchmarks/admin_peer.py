"""The same job as Django's admin does it, with django-fsm and the admin's own log: a peer beside the floor.

Imported by a benchmark alone, and late: it adds a model to Django, which no other test may meet.
"""

from django.conf import settings
from django.contrib import admin
from django.db import connection, models
from django.urls import path
from django_fsm import FSMField, transition

from promoflow.promotions.models import State
from tests.benchmarks import guarded


class Asked(models.Model):
    """A promotion request as one writes it in an afternoon."""

    store = models.ForeignKey("catalog.Store", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT)
    state = FSMField(default=State.DRAFT, protected=True)
    title = models.CharField(max_length=120)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )

    class Meta:
        app_label = "promotions"

    def __str__(self):
        return self.title

    @transition(state, State.DRAFT, State.IN_REVIEW)
    def submit(self):
        pass

    @transition(state, State.IN_REVIEW, State.APPROVED)
    def approve(self, by):
        assert by != self.created_by


class Site(admin.AdminSite):
    def has_permission(self, request):
        return request.user.is_active


class Requests(admin.ModelAdmin):
    list_display = ("title", "store", "product", "percent", "starts_at", "ends_at", "created_by", "state")
    list_filter = ("store", "state")
    list_select_related = True
    list_per_page = 50
    search_fields = ("title",)
    readonly_fields = ("state", "created_by")
    fields = ("store", "product", "title", "percent", "starts_at", "ends_at", *readonly_fields)

    def has_module_permission(self, request):
        return True

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request):
        return True

    def has_change_permission(self, request, obj=None):
        return True

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        if "_submit" in request.POST:
            obj.submit()
        if "_approve" in request.POST:
            obj.approve(by=request.user)
        obj.save()


site = Site("peer")
site.register(Asked, Requests)
urlpatterns = [*guarded.urlpatterns, path("peer/", site.urls)]


def make_its_table():
    with connection.schema_editor() as editor:
        editor.create_model(Asked)
