"""People: an account, and the human behind it."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from promoflow import standing_in
from promoflow.audit import services as audit


class People(BaseUserManager["User"]):
    """Makes accounts, as Django's createsuperuser expects them to be made."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account; two accounts with one `person_id` are one human for every rule."""

    email = models.EmailField(
        _("e-mail"),
        unique=True,
        error_messages={"unique": _("Somebody already signs in with this e-mail address.")},
    )
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    person_id = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    """The human behind the account. Set at birth; later it can only become another's (a database trigger)."""
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(_("active"), default=True)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    deactivated_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    name_removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since then name and e-mail address are stand-ins; the history keeps what it was called."""
    name_removed_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[People] = People()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="e_mail_is_in_lower_case",
                violation_error_message=_("Write the e-mail address in lower case."),
            ),
            models.CheckConstraint(
                condition=models.Q(deactivated_at__isnull=True, deactivated_by__isnull=True)
                | models.Q(deactivated_at__isnull=False, deactivated_by__isnull=False),
                name="deactivation_has_its_person",
            ),
            models.CheckConstraint(
                condition=models.Q(name_removed_at__isnull=True, name_removed_by__isnull=True)
                | models.Q(name_removed_at__isnull=False, name_removed_by__isnull=False, is_active=False),
                name="a_removed_name_is_of_nobody_active",
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="everybody_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.called

    def check_password(self, raw_password: str | None) -> bool:
        """As Django does it: one that it kept in an old way and keeps in a new one from now on is told."""
        with transaction.atomic():
            before = self.password
            is_right = super().check_password(raw_password)
            if self.password != before:
                audit.record("person.password_rehashed", by=self, at=timezone.now(), on=self)
        return is_right

    @property
    def called(self) -> str:
        """The name as pages show it; what is recorded is the name itself."""
        return standing_in.in_words(self.name) if self.name_removed_at else self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name
