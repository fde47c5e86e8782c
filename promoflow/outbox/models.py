"""Messages owed, as rows: to people's mail and inbox, and to the chats that people and stores chose."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from promoflow.outbox.kinds import KINDS
from promoflow.outbox.notices import NOTICES, TOPICS, Notice, subject_of, until_of, why_of
from promoflow.outbox.timing import DAILY, HOURLY, NEVER, Habits


class Timed(models.Model):
    """When somebody wants to be told: not in their quiet hours, and at once or gathered."""

    class Digest(models.TextChoices):
        NEVER = NEVER, _("Each by itself, at once")
        HOURLY = HOURLY, _("Gathered, every hour")
        DAILY = DAILY, _("Gathered, once a day")

    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    digest = models.TextField(_("how often"), choices=Digest.choices, default=Digest.NEVER)
    digest_hour = models.PositiveSmallIntegerField(_("at what hour"), default=9)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="%(class)s_is_quiet_from_and_until",
            ),
            models.CheckConstraint(
                condition=models.Q(digest__in=[NEVER, HOURLY, DAILY], digest_hour__lt=24),
                name="%(class)s_gathers_at_an_hour",
            ),
        ]

    def habits(self, zone: str) -> Habits:
        quiet = (self.quiet_from, self.quiet_until) if self.quiet_from and self.quiet_until else None
        return Habits(ZoneInfo(zone), quiet, self.digest, self.digest_hour)


class Preference(Timed):
    """How one person wants to be told. Who never chose gets mail at once."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    mail = models.BooleanField(_("by mail"), default=True)

    class Meta(Timed.Meta):
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        default_permissions = ()

    def __str__(self) -> str:
        return self.person.name


class Channel(Timed):
    """A chat, or a machine's address, that a store or a person is told through.

    Whoever knows its address can write there, so the address is kept sealed and never shown whole again.
    A person's channel follows that person's language, zone and hours; a store's has its own.
    """

    store = models.ForeignKey(
        "catalog.Store", on_delete=models.PROTECT, null=True, blank=True, related_name="channels"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="channels"
    )
    kind = models.TextField(_("service"))
    name = models.CharField(_("name"), max_length=60)
    sealed = models.TextField(editable=False)
    """The address, encrypted; forgotten when the channel is removed."""
    masked = models.TextField(editable=False)
    topics = ArrayField(models.TextField(), verbose_name=_("what it is told"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    added_at = models.DateTimeField(editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )
    paused = models.DateTimeField(null=True, editable=False)
    pause_reason = models.TextField(default="", editable=False)
    removed = models.DateTimeField(null=True, editable=False)
    worked = models.DateTimeField(null=True, editable=False)
    """When it last took a message."""
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(default="", editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    """While it fails, nothing is tried on it before this."""

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        default_permissions = ()
        constraints = [
            *Timed.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(store__isnull=True, person__isnull=False)
                | models.Q(store__isnull=False, person__isnull=True),
                name="a_channel_is_a_stores_or_a_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(removed__isnull=True) & ~models.Q(sealed="")
                | models.Q(removed__isnull=False, sealed=""),
                name="a_removed_channel_forgets_its_address",
            ),
            models.CheckConstraint(
                condition=models.Q(failures=0, failing_since__isnull=True, held_until__isnull=True)
                | models.Q(failures__gt=0, failing_since__isnull=False),
                name="a_channel_fails_since_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reads_as(self) -> tuple[str, str]:
        """The language and the time zone that it is written to in."""
        if self.person is not None:
            return self.person.language, self.person.time_zone
        store: Any = self.store
        return self.language, store.marketplace.time_zone

    @property
    def service(self) -> str:
        return str(KINDS[self.kind].name)

    @property
    def topic_names(self) -> list[str]:
        return [str(name) for code, name in TOPICS.items() if code in self.topics]


class Outage(models.Model):
    """That mail does not go out: one row, from the first failure until the mail server takes a message."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="mail_has_one_outage_at_a_time"),
        ]

    def __str__(self) -> str:
        return self.last_error


class Message(models.Model):
    """One message to one person, or to one channel, owed once however often its cause is repeated.

    Without a channel it is a person's mail, and what stands in their inbox.
    """

    class Outcome(models.TextChoices):
        OWED = "", _("Owed")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not needed any more")
        FAILED = "failed", _("Given up")

    key = models.TextField()
    """What owes it, such as request.submitted:1042:3; with the recipient and the channel it is unique."""
    notice = models.TextField(_("notice"))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("to"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        # The indexes of the inbox begin with it.
        db_index=False,
    )
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True, related_name="messages")
    why = models.TextField(default="concerned")
    """Why this recipient: a code of notices.WHYS."""
    store_id = models.BigIntegerField(null=True)
    subject_type = models.TextField()
    subject_id = models.BigIntegerField()
    context = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    link = models.TextField(default="")
    owed = models.DateTimeField(_("owed since"))
    due = models.DateTimeField()
    """When it is to be tried next. Claiming it moves this past the time that a sender may need."""
    batch = models.UUIDField(null=True)
    """The digest that it goes with; tried again, the digest is the same."""
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    outcome = models.TextField(_("outcome"), choices=Outcome.choices, default=Outcome.OWED, blank=True)
    closed = models.DateTimeField(null=True)
    reason = models.TextField(_("reason"), default="")
    """Why the last attempt failed, or why it is not sent at all."""
    seen = models.DateTimeField(null=True)
    """When its recipient read it in the inbox, or when what it asked for was done."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["key", "recipient", "channel"],
                name="each_is_told_once_through_each",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(recipient__isnull=False) | models.Q(channel__isnull=False),
                name="a_message_goes_somewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", closed__isnull=True)
                | models.Q(outcome__in=["sent", "skipped", "failed"], closed__isnull=False),
                name="a_message_is_owed_or_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["due", "id"], condition=models.Q(outcome=""), name="message_owed"),
            models.Index(fields=["closed"], condition=models.Q(outcome="failed"), name="message_failed"),
            models.Index(
                fields=["recipient"],
                condition=models.Q(channel__isnull=True, seen__isnull=True),
                name="message_unread",
            ),
            models.Index(
                fields=["subject_type", "subject_id"],
                condition=models.Q(channel__isnull=True, seen__isnull=True),
                name="message_unread_about",
            ),
            models.Index(
                fields=["recipient", "owed", "id"],
                condition=models.Q(channel__isnull=True),
                name="message_inbox",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice} {self.key}"

    @property
    def reader(self) -> Any:
        """The person, where it goes to one; a store's channel has none."""
        return self.recipient

    @property
    def meaning(self) -> Notice:
        return NOTICES[self.notice]

    @property
    def about(self) -> str:
        """The subject that its reader would see, in the language of whoever asks."""
        return subject_of(self.notice, self.context)

    @property
    def because(self) -> str:
        return why_of(self.why, self.context)

    @property
    def until(self) -> str:
        return until_of(self.notice, self.context, why=self.why)
