"""The address of what is kept."""

from django.urls import path

from promoflow.retention import views

urlpatterns = [path("", views.index, name="kept")]
