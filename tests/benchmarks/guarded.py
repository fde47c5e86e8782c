"""The least that a maker-checker desk must do, as five plain views: the floor under the cycle.

A row lock, an overlap query, a state, a chained entry in the history; no rules, no findings, no picture.
"""

from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
from django.utils import timezone

from accounts import selectors as people
from promoflow.audit import services as audit
from promoflow.catalog.models import Product, Store
from promoflow.urls import urlpatterns as desk

TABLES = """
CREATE TABLE guarded_request (id bigserial PRIMARY KEY, store_id bigint, state text, step int, title text,
    asin text, percent numeric, starts_at timestamptz, ends_at timestamptz, created_by bigint);
CREATE TABLE guarded_decision (id bigserial PRIMARY KEY, request_id bigint, decided_by bigint, digest text);
CREATE TABLE guarded_reservation (request_id bigint, product_id int, danger tstzrange,
    EXCLUDE USING gist (product_id WITH =, danger WITH &&))
"""

FORM = """<!doctype html><title>New</title><form method="post">{% csrf_token %}
<select name="asin">{% for product in products %}<option>{{ product.asin }}</option>{% endfor %}</select>
<input name="title"><input name="percent"><input name="starts_at"><input name="ends_at">
<button>Save</button></form>"""

PAGE = """<!doctype html><title>{{ request_.title }}</title><h1>{{ request_.title }}</h1>
<table>{% for name, value in request_.items %}<tr><th>{{ name }}<td>{{ value }}{% endfor %}</table>
<p>{{ product.title }} {{ product.price }} {{ product.floor_price }}</p>
<form method="post" action="approve/">{% csrf_token %}<textarea name="note"></textarea>
<button>Approve</button></form>"""

OVERLAPS = """SELECT q.id, q.percent FROM guarded_reservation r JOIN guarded_request q ON q.id = r.request_id
    WHERE r.product_id = %s AND r.danger && tstzrange(%s, %s)"""


def _page(request, text, context):
    return HttpResponse(engines["django"].from_string(text).render(context, request))


def _row(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def _run(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _record(request, store, step):
    audit.record(
        "store.changed", by=request.user, at=timezone.now(), on=store, store=store, after={"step": step}
    )


def new(request, store_id):
    store = Store.objects.get(pk=store_id)
    if request.method == "GET":
        return _page(request, FORM, {"products": store.products.all()})
    with transaction.atomic():
        assert people.lock_role(request.user, store.pk, "operator")
        typed = request.POST
        made = _row(
            "INSERT INTO guarded_request"
            " (store_id, state, step, title, asin, percent, starts_at, ends_at, created_by)"
            " VALUES (%s, 'draft', 1, %s, %s, %s, %s, %s, %s) RETURNING id",
            *(
                store.pk,
                typed["title"],
                typed["asin"],
                typed["percent"],
                typed["starts_at"],
                typed["ends_at"],
            ),
            request.user.pk,
        )
        _record(request, store, "drafted")
    return HttpResponseRedirect(f"/guarded/{store.pk}/{made['id']}/")


def submit(request, store_id, number):
    with transaction.atomic():
        store, asked = _locked(store_id, number)
        assert people.lock_role(request.user, store.pk, "operator")
        product = Product.objects.get(store=store, asin=asked["asin"])
        _run(OVERLAPS, product.pk, asked["starts_at"], asked["ends_at"])
        _run("UPDATE guarded_request SET state = 'in_review', step = step + 1 WHERE id = %s", number)
        _record(request, store, "submitted")
    return HttpResponseRedirect("../")


def page(request, store_id, number):
    asked = _row("SELECT * FROM guarded_request WHERE id = %s", number)
    product = Product.objects.get(store=store_id, asin=asked["asin"])
    _run(OVERLAPS, product.pk, asked["starts_at"], asked["ends_at"])
    return _page(request, PAGE, {"request_": asked, "product": product})


def approve(request, store_id, number):
    with transaction.atomic():
        store, asked = _locked(store_id, number)
        assert people.lock_role(request.user, store.pk, "supervisor")
        assert asked["created_by"] != request.user.pk
        product = Product.objects.select_for_update(no_key=True).get(store=store, asin=asked["asin"])
        _run(OVERLAPS, product.pk, asked["starts_at"], asked["ends_at"])
        _run(
            "INSERT INTO guarded_decision (request_id, decided_by, digest) VALUES (%s, %s, 'x')",
            number,
            request.user.pk,
        )
        _run(
            "INSERT INTO guarded_reservation VALUES (%s, %s, tstzrange(%s, %s)) ON CONFLICT DO NOTHING",
            *(number, product.pk, asked["starts_at"], asked["ends_at"]),
        )
        _run("UPDATE guarded_request SET state = 'approved', step = step + 1 WHERE id = %s", number)
        _record(request, store, "approved")
    return HttpResponseRedirect("../")


def _locked(store_id, number):
    return Store.objects.get(pk=store_id), _row(
        "SELECT * FROM guarded_request WHERE id = %s FOR UPDATE", number
    )


urlpatterns = [
    *desk,
    path("guarded/<int:store_id>/new/", new),
    path("guarded/<int:store_id>/<int:number>/", page),
    path("guarded/<int:store_id>/<int:number>/submit/", submit),
    path("guarded/<int:store_id>/<int:number>/approve/", approve),
]
