"""Addresses of the workflow."""

from django.urls import path

from promoflow.promotions.views import (
    alarms,
    calendar,
    desk,
    drafting,
    products,
    publishing,
    queueing,
    requests,
    review,
    running,
    what_if,
)

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("requests/", requests.index, name="request-list"),
    path("requests/new/", drafting.new, name="request-new"),
    path("requests/check/", drafting.check, name="request-check"),
    path("requests/<str:reference>/", requests.page, name="request"),
    path("requests/<str:reference>/edit/", drafting.edit, name="request-edit"),
    path("requests/<str:reference>/copy/", drafting.copy, name="request-copy"),
    path("requests/<str:reference>/submit/", drafting.submit, name="request-submit"),
    path("requests/<str:reference>/withdraw/", drafting.withdraw, name="request-withdraw"),
    path("requests/<str:reference>/approve/", review.approve, name="request-approve"),
    path("requests/<str:reference>/return/", review.send_back, name="request-return"),
    path("requests/<str:reference>/reject/", review.reject, name="request-reject"),
    path("requests/<str:reference>/live/", running.go_live, name="request-live"),
    path("requests/<str:reference>/verify/", running.verify, name="request-verify"),
    path("requests/<str:reference>/stop/", running.stop, name="request-stop"),
    path("requests/<str:reference>/settle/", alarms.settle, name="request-settle"),
    path("requests/<str:reference>/claim/", queueing.claim, name="request-claim"),
    path("requests/<str:reference>/release/", queueing.release, name="request-release"),
    path("review/", queueing.queue, name="review-queue"),
    path("review/return/", queueing.return_several, name="review-return"),
    path("review/filters/", queueing.save_filter, name="filter-save"),
    path("review/filters/<int:pk>/delete/", queueing.delete_filter, name="filter-delete"),
    path("policies/draft/", publishing.draft, name="policy-draft"),
    path("policies/draft/publish/", publishing.publish, name="policy-publish"),
    path("calendar/", calendar.first, name="calendar"),
    path("stores/<int:store_id>/calendar/", calendar.of_store, name="store-calendar"),
    path("stores/<int:store_id>/products/<str:asin>/", products.page, name="product"),
    path("stores/<int:store_id>/products/<str:asin>/what-if/", what_if.page, name="product-what-if"),
]
