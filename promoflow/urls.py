"""Every address of the desk."""

from django.urls import include, path

urlpatterns = [
    path("sign-in/", include("allauth.urls")),
]
