"""The addresses of signing in and of people; of allauth's pages only those that the desk wants."""

from allauth.account import views as sign_in
from django.urls import include, path, re_path

from accounts import views

urlpatterns = [
    path("sign-in/", sign_in.login, name="account_login"),
    path("sign-out/", sign_in.logout, name="account_logout"),
    path("sign-in/deactivated/", sign_in.account_inactive, name="account_inactive"),
    path("sign-in/again/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("sign-in/password/", sign_in.password_reset, name="account_reset_password"),
    path("sign-in/password/sent/", sign_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^sign-in/password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "sign-in/password/set/",
        sign_in.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # Before allauth's own, which keep quiet about it, or tell of it too late.
    path("sign-in/two-step/totp/activate/", views.activate_totp, name="mfa_activate_totp"),
    path("sign-in/two-step/totp/deactivate/", views.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "sign-in/two-step/recovery-codes/generate/",
        views.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("sign-in/two-step/recovery-codes/", views.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "sign-in/two-step/recovery-codes/download/",
        views.recovery_codes_file,
        name="mfa_download_recovery_codes",
    ),
    path("sign-in/two-step/", include("allauth.mfa.urls")),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/password/", sign_in.password_change, name="account_change_password"),
    path("people/add/", views.add, name="person-new"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/here/", views.here, name="person-here"),
    path("people/<int:pk>/invite/", views.invite, name="person-invite"),
    path("people/<int:pk>/deactivate/", views.deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", views.reactivate, name="person-reactivate"),
    path("people/<int:pk>/two-step/off/", views.take_off_two_step, name="person-two-step-off"),
    path("people/<int:pk>/join/", views.join, name="person-join"),
    path("people/<int:pk>/name/remove/", views.remove_name, name="person-remove-name"),
]
