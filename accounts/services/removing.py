"""Removing the name of somebody who has left from all pages; the history keeps what it hashed."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User
from accounts.permissions import check_can_remove_name, check_confirmed
from accounts.selectors import lock_accounts
from promoflow import standing_in
from promoflow.audit import naming
from promoflow.audit import services as audit
from promoflow.outbox.services import channels
from promoflow.outbox.services import forgetting as messages


def remove_name(*, user: User, by: User, at: datetime, confirmed_at: datetime | None) -> User:
    """For good: a stand-in takes the place of the name and of the e-mail address.

    The entry must not carry the name once more, so neither does it say what it was; the entries before it do.
    """
    with (
        audit.refusals("person.remove_name_refused", by=by, at=at, on=user),
        transaction.atomic(durable=True),
    ):
        user, by = lock_accounts(user, by)
        check_can_remove_name(by, user)
        check_confirmed(by, confirmed_at, at=at)
        user.name = standing_in.for_account(user.pk)
        user.email = f"former-colleague-{user.pk}@removed.invalid"
        user.name_removed_at, user.name_removed_by = at, by
        user.save(update_fields=["name", "email", "name_removed_at", "name_removed_by"])
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        channels.remove_all_of(person=user, by=by, at=at)
        messages.put_stand_ins(naming.names())
        audit.record("person.name_removed", by=by, at=at, on=user)
    return user
