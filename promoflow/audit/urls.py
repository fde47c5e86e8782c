"""The addresses of the history."""

from django.urls import path

from promoflow.audit import views

urlpatterns = [
    path("", views.index, name="history"),
    path("filters/", views.save_search, name="search-save"),
    path("filters/<int:pk>/delete/", views.delete_search, name="search-delete"),
    path("history.csv", views.download, name="history-csv"),
    path("checkpoint/", views.proof, name="history-proof"),
    path("checkpoint/consistency.json", views.consistency, name="history-consistency"),
    path("checkpoint.note", views.checkpoint, name="history-checkpoint"),
    path("<int:pk>/", views.entry, name="history-entry"),
    path("<int:pk>/receipt.json", views.receipt, name="history-receipt"),
]
