"""The rules in force as immutable rows, and the draft of the next version with its revisions."""

import hashlib
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from promoflow import phrases
from promoflow.policies import shipped

PERSON: Final = settings.AUTH_USER_MODEL


def digest_of_body() -> Any:
    """The SHA-256 of `body`, computed by the database, so that nobody can supply another."""
    return models.GeneratedField(
        expression=Func("body", function="sha256"), output_field=models.BinaryField(), db_persist=True
    )


def digest_of(body: bytes) -> bytes:
    """The same, for a row that was just written and need not be read again for it."""
    return hashlib.sha256(body).digest()


def reference(number: int) -> str:
    """What the history calls a version and the draft of it."""
    return f"policy {number}"


class PolicyDraft(models.Model):
    """The next version while people write it; one is open at a time."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PUBLISHED = "published", _("Published")
        DISCARDED = "discarded", _("Discarded")

    number = models.PositiveIntegerField()
    """Of the version that it becomes."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField(editable=False)
    opened_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("policy draft")
        verbose_name_plural = _("policy drafts")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="open"), name="one_policy_draft_is_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True, closed_by__isnull=True)
                | Q(status__in=["published", "discarded"], closed_at__isnull=False, closed_by__isnull=False),
                name="a_closed_policy_draft_says_who_closed_it",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return reference(self.number)

    @property
    def newest(self) -> "PolicyRevision":
        """The newest content, which every stored draft has."""
        return self.revisions.select_related("edited_by").order_by("-number")[0]

    @property
    def editors(self) -> set[UUID]:
        """The humans behind every account that opened or edited it."""
        wrote = set(self.revisions.values_list("edited_by__person_id", flat=True))
        return {*wrote, self.opened_by.person_id}


class PolicyRevision(models.Model):
    """An immutable snapshot of a draft's rules."""

    draft = models.ForeignKey(PolicyDraft, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    body = models.BinaryField()
    """The rules as canonical JSON (RFC 8785), with the summary of what they change."""
    digest = digest_of_body()
    edited_at = models.DateTimeField(editable=False)
    edited_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        verbose_name = _("policy revision")
        verbose_name_plural = _("policy revisions")
        default_permissions = ()
        ordering = ["draft", "number"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="policy_revisions_are_numbered"),
            models.UniqueConstraint(
                fields=["id", "digest", "edited_by"], name="policy_revision_content_and_editor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draft} r{self.number}"


class PolicyVersion(models.Model):
    """One numbered version of the rules; publishing one takes two people."""

    number = models.PositiveIntegerField(primary_key=True)
    body = models.BinaryField()
    """The canonical JSON that `rulebook.policy.read` reads."""
    digest = digest_of_body()
    summary = models.CharField(_("what changed"), max_length=500)
    revision = models.OneToOneField(
        PolicyRevision, on_delete=models.PROTECT, null=True, editable=False, related_name="version"
    )
    """What was published: a composite foreign key holds the version to its content and its editor."""
    drafted_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    published_at = models.DateTimeField(editable=False)
    published_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """Empty for version 1 alone, which comes with the software."""

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        default_permissions = ()
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    number=1, revision__isnull=True, drafted_by__isnull=True, published_by__isnull=True
                )
                | Q(
                    number__gt=1, revision__isnull=False, drafted_by__isnull=False, published_by__isnull=False
                )
                & ~Q(drafted_by=F("published_by")),
                name="publishing_a_policy_takes_two",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def writers(self) -> str:
        """Everybody who saved a revision of its draft, not just the last: none of them may publish it."""
        revisions = self.revision.draft.revisions.all() if self.revision else ()
        wrote = {revision.edited_by_id: str(revision.edited_by) for revision in revisions}
        return phrases.listed(wrote.values())

    @property
    def told(self) -> str:
        """What changed, as a page shows it."""
        return shipped.in_words(self.summary)

    @property
    def reference(self) -> str:
        return reference(self.number)
