"""The addresses of the mailbox."""

from django.urls import path

from promoflow.outbox import views

urlpatterns = [
    path("", views.index, name="mailbox"),
    path("undelivered/", views.undelivered, name="undelivered"),
    path("undelivered/<int:pk>/", views.try_again, name="message-retry"),
    path("<slug:key>/", views.mail, name="mail"),
]
