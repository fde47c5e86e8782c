"""The history as rows: entries, the links that chain them, and the products they mention."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from promoflow.audit.events import EVENTS, ROWS, STRANGERS, Event
from promoflow.audit.labels import label_of

PEOPLES = ~models.Q(event=ROWS.code)
"""What people and the clock did; not the database's own account of it, row by row."""


@dataclass(frozen=True)
class Change:
    """One named value before and after."""

    name: str
    before: object
    after: object
    part: str = ""
    """The first word of its event's code."""

    @property
    def label(self) -> str:
        return label_of(self.name, self.part)


class Entry(models.Model):
    """One thing that somebody did, or tried to do. Written once; the database refuses any change of it.

    Who and what are copied as they were called then, so that an entry reads the same for ever.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    at = models.DateTimeField(_("when"))
    txid = models.BigIntegerField(
        editable=False,
        db_default=Cast(
            Cast(models.Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
        ),
    )
    """The transaction that wrote it. A trigger sets it, so that nobody can claim another's."""
    event = models.TextField(_("event"))
    outcome = models.TextField(_("outcome"), choices=Outcome.choices, default=Outcome.DONE)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    """Nobody where the clock did it."""
    actor_name = models.TextField(default="")
    actor_person = models.UUIDField(null=True)
    store_id = models.BigIntegerField(null=True)
    store_name = models.TextField(default="")
    subject_type = models.TextField(default="")
    """The model, such as promotions.promotionrequest."""
    subject_id = models.BigIntegerField(null=True)
    subject = models.TextField(_("on what"), default="")
    """What people call it, such as PR-1042."""
    asins = ArrayField(models.TextField(), default=list)
    step = models.IntegerField(null=True)
    """The how-manieth change of the subject's state this is."""
    state_before = models.TextField(default="")
    state_after = models.TextField(default="")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    why = models.TextField(_("why"), default="")
    revision_digest = models.BinaryField(null=True)
    report_digest = models.BinaryField(null=True)
    address = models.TextField(_("address"), default="")
    user_agent = models.TextField(_("browser"), default="")

    stands_in = False
    """Whether something in it was replaced for being shown (promoflow/audit/naming.py)."""
    counts = False
    """Whether requests that it names, of any store, are only counted where it is shown."""

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("history")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "step"],
                condition=models.Q(step__isnull=False),
                name="each_step_is_recorded_once",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["done", "refused"]), name="outcome_is_done_or_refused"
            ),
            models.CheckConstraint(condition=~models.Q(event=""), name="every_entry_names_its_event"),
            models.CheckConstraint(
                condition=models.Q(actor__isnull=True, actor_person__isnull=True)
                | models.Q(actor__isnull=False, actor_person__isnull=False),
                name="an_actor_is_a_human",
            ),
        ]
        # One for each filter of the history page, without what the database tells by itself. Each ends in the
        # page's order, so that no page is sorted.
        indexes = [
            models.Index(fields=["store_id", "at", "id"], condition=PEOPLES, name="entry_by_store"),
            models.Index(fields=["store_id", "actor", "at", "id"], condition=PEOPLES, name="entry_by_actor"),
            models.Index(fields=["store_id", "event", "at", "id"], condition=PEOPLES, name="entry_by_event"),
            models.Index(
                fields=["store_id", "subject", "at", "id"], condition=PEOPLES, name="entry_by_reference"
            ),
            models.Index(
                fields=["store_id", "at", "id"],
                condition=models.Q(outcome="refused"),
                name="entry_refused",
            ),
            models.Index(
                fields=["subject_type", "subject_id", "id"],
                condition=models.Q(subject_id__isnull=False),
                name="entry_by_subject",
            ),
            # The foreign key is deferred, and PostgreSQL looks here when a person is to be deleted.
            models.Index(fields=["actor"], condition=models.Q(actor__isnull=False), name="entry_actor"),
            models.Index(
                fields=["subject_type", "subject", "id"],
                condition=models.Q(event=ROWS.code),
                name="entry_of_rows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event} {self.subject}"

    @property
    def meaning(self) -> Event:
        """The event in words; its bare name if this version of promoflow does not know it."""
        return (EVENTS | {ROWS.code: ROWS}).get(self.event) or Event(self.event, self.event, "history")

    @property
    def who(self) -> str:
        if self.event == ROWS.code:
            return gettext("The database, for %(role)s") % {"role": self.actor_name}
        if self.actor_name:
            return self.actor_name
        return gettext("Somebody not signed in") if self.event in STRANGERS else gettext("The clock")

    @property
    def changes(self) -> list[Change]:
        """What it changed, name by name; also what it only says beside that."""
        names, part = dict.fromkeys([*self.before, *self.after]), self.event.partition(".")[0]
        return [Change(name, self.before.get(name), self.after.get(name), part) for name in names]

    @property
    def rows(self) -> int:
        """Of how many rows the database tells here."""
        return len(self.before.keys() | self.after.keys())

    @property
    def revision_hex(self) -> str:
        return bytes(self.revision_digest or b"").hex()

    @property
    def report_hex(self) -> str:
        return bytes(self.report_digest or b"").hex()


class Link(models.Model):
    """An entry's place in the chain: written by the database when the transaction commits, by nobody else."""

    seq = models.BigIntegerField(primary_key=True)
    # Without a constraint: only the seal writes here, of the entry in its hand, and entries never go.
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="link", db_constraint=False)
    sealed = models.DateTimeField()
    """The database's own clock, whatever instant the entry claims."""
    prev_hash = models.BinaryField()
    row_hash = models.BinaryField()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.seq)

    @property
    def prev_hex(self) -> str:
        return bytes(self.prev_hash).hex()

    @property
    def row_hex(self) -> str:
        return bytes(self.row_hash).hex()


class Mention(models.Model):
    """That an entry concerns an ASIN, in the order of the history page; derived by the database."""

    pk = models.CompositePrimaryKey("store_id", "asin", "at", "entry_id")
    store_id = models.BigIntegerField()
    asin = models.TextField()
    at = models.DateTimeField()
    # Without a constraint: a request of 10,000 products would pay for 10,000 checks, and entries never go.
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="mentions", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.asin} {self.entry_id}"


class SavedSearch(models.Model):
    """A filter of the history that a person gave a name; it is theirs alone."""

    saved_at = models.DateTimeField(editable=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="saved_searches"
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    """The filter as it stands in the address of the history."""

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        default_permissions = ()
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["saved_by", "name"], name="searches_of_a_person_have_names"),
            models.CheckConstraint(condition=models.Q(name__regex=r"\S"), name="a_saved_search_is_named"),
        ]

    def __str__(self) -> str:
        return self.name
