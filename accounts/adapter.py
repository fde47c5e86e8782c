"""How sign-in behaves here: nobody signs up, people are added."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped here
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
