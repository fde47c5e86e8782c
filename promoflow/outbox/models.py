"""Messages owed to people, as rows: written with the change that owes them, sent later."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from promoflow.outbox.notices import subject_of


class Message(models.Model):
    """One message to one person, owed once however often the change that owes it is repeated."""

    class Outcome(models.TextChoices):
        OWED = "", _("Owed")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not needed any more")
        FAILED = "failed", _("Given up")

    key = models.TextField()
    """What owes it, such as request.submitted:1042:3; with the recipient it is unique."""
    notice = models.TextField(_("notice"))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("to"), on_delete=models.PROTECT, related_name="+"
    )
    store_id = models.BigIntegerField(null=True)
    subject_type = models.TextField()
    subject_id = models.BigIntegerField()
    context = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    link = models.TextField(default="")
    owed = models.DateTimeField(_("owed since"))
    due = models.DateTimeField()
    """When it is to be tried next. Claiming it moves this past the time that a sender may need."""
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    outcome = models.TextField(_("outcome"), choices=Outcome.choices, default=Outcome.OWED, blank=True)
    closed = models.DateTimeField(null=True)
    reason = models.TextField(_("reason"), default="")
    """Why the last attempt failed, or why it is not sent at all."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["key", "recipient"], name="each_person_is_told_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="", closed__isnull=True)
                | models.Q(outcome__in=["sent", "skipped", "failed"], closed__isnull=False),
                name="a_message_is_owed_or_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["due", "id"], condition=models.Q(outcome=""), name="message_owed"),
            models.Index(fields=["closed"], condition=models.Q(outcome="failed"), name="message_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.notice} {self.key}"

    @property
    def about(self) -> str:
        """The subject that its reader would see, in the language of whoever asks."""
        return subject_of(self.notice, self.context)
