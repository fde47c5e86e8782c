"""Stores, their products, and the imports that fill them; conflicts are keyed on (store, ASIN)."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from promoflow.catalog.files.problems import told
from promoflow.catalog.marketplaces import MARKETPLACES, Marketplace
from promoflow.rulebook import asins

_ASIN = rf"^({asins.PATTERN})$"


class Store(models.Model):
    """One Amazon seller account in one marketplace; permissions are granted on stores."""

    name = models.CharField(_("name"), max_length=80)
    merchant_id = models.CharField(
        _("merchant id"),
        max_length=20,
        validators=[
            RegexValidator(r"^A[0-9A-Z]{9,19}$", _("A merchant id starts with A, such as A2ABCDEFGHIJKL."))
        ],
        help_text=_("Seller Central, Settings, Account Info, 'Your Merchant Token'."),
    )
    marketplace_id = models.CharField(
        _("marketplace"), max_length=20, choices=[(m.id, lazystr(m)) for m in MARKETPLACES.values()]
    )

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name", "pk"]
        default_permissions = ()
        permissions = [
            ("operate_store", "Drafts requests and marks approved ones live"),
            ("supervise_store", "Decides on other people's requests"),
            ("audit_store", "Reads everything"),
            ("manage_store", "Manages the store, its people and its products"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant_id", "marketplace_id"],
                name="one_store_per_merchant_and_marketplace",
                violation_error_message=_("This merchant's store in this marketplace is already here."),
            ),
            models.UniqueConstraint(
                Upper("name"),
                name="store_names_differ",
                violation_error_message=_("Another store has this name; give each a name of its own."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def marketplace(self) -> Marketplace:
        return MARKETPLACES[self.marketplace_id]


class StoreGroupPermission(GroupObjectPermissionBase):
    """A role's group on a store. A plain foreign key, so that no grant outlives its store."""

    content_object = models.ForeignKey(Store, on_delete=models.PROTECT)

    class Meta(GroupObjectPermissionBase.Meta):
        pass


class StoreUserPermission(UserObjectPermissionBase):
    """Guardian asks for this table; roles are held through groups alone, so it stays empty (a constraint)."""

    content_object = models.ForeignKey(Store, on_delete=models.PROTECT)

    class Meta(UserObjectPermissionBase.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(pk__isnull=True), name="roles_are_held_through_groups")
        ]


class Product(models.Model):
    """An ASIN in a store."""

    # btree_gist compares a 4-byte integer without a cast: reliability.md, P2.
    id = models.AutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="products")
    asin = models.CharField("ASIN", max_length=10, validators=[RegexValidator(_ASIN)])
    title = models.CharField(_("title"), max_length=500)
    image_url = models.URLField(_("picture"), max_length=500, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    """Your Price in the marketplace's currency: the lowest of the active SKUs, for the worst case."""
    floor_price = models.DecimalField(
        _("floor price"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", db_constraint=False
    )
    """Of the same store: the foreign key is on (parent, store), in a migration."""

    units_on_sale: int | None
    """What its SKUs on sale have, None where one of them does not say; only there if it was read with it."""

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["store", "asin"], name="one_product_per_asin_in_a_store"),
            # What composite foreign keys refer to.
            models.UniqueConstraint(fields=["id", "store"], name="product_with_its_store"),
            models.CheckConstraint(condition=models.Q(asin__regex=_ASIN), name="asin_is_well_formed"),
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gt=0), name="price_is_above_zero"
            ),
            models.CheckConstraint(
                condition=models.Q(floor_price__isnull=True) | models.Q(floor_price__gt=0),
                name="floor_is_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("pk")),
                name="nothing_is_its_own_parent",
            ),
        ]
        indexes = [
            GinIndex(OpClass(Upper("title"), name="gin_trgm_ops"), name="product_title_trgm"),
            GinIndex(OpClass(models.F("asin"), name="gin_trgm_ops"), name="product_asin_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.asin} {self.title}"

    @property
    def page(self) -> str:
        """Amazon's page of the product, for people to see that it is the right one."""
        return f"https://www.{self.store.marketplace.domain}/dp/{self.asin}"


class Sku(models.Model):
    """One of the seller's SKUs of a product; several may share an ASIN."""

    # Any other status counts as on sale, so that a word unknown to us cannot hide the lowest price.
    NOT_ON_SALE = ("inactive", "incomplete", "retired")
    RETIRED = "Retired"

    # Both in one foreign key on (product, store), in a migration.
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="skus", db_constraint=False)
    sku = models.CharField("SKU", max_length=60)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=20, blank=True)
    channel = models.CharField(_("fulfilled by"), max_length=20, blank=True)

    class Meta:
        verbose_name = "SKU"
        verbose_name_plural = "SKUs"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["store", "sku"], name="one_row_per_sku_in_a_store")]
        indexes = [GinIndex(OpClass(Upper("sku"), name="gin_trgm_ops"), name="sku_trgm")]

    def __str__(self) -> str:
        return self.sku

    @property
    def is_on_sale(self) -> bool:
        return self.status.lower() not in self.NOT_ON_SALE


def random_name(_import: "Import", _filename: str) -> str:
    """Where an uploaded file is kept: nothing of the name that its sender gave it reaches the disk."""
    return f"imports/{uuid4().hex}"


class Import(models.Model):
    """An uploaded file on its way into the catalog: read, shown, then applied once or discarded.

    This row is the ledger: whatever is waiting, reading or applying is owed, and the next tick does it.
    """

    class Kind(models.TextChoices):
        LISTINGS = "listings", _("All Listings Report")
        FLOORS = "floors", _("Floor prices and parents")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting to be read")
        READING = "reading", _("Being read")
        READY = "ready", _("Ready to apply")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")

    OWED = (Status.WAITING, Status.READING, Status.APPLYING)
    OPEN = (*OWED, Status.READY)
    TROUBLE = ("problem_code", "problem_values", "old_problem")

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="imports")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    file = models.FileField(_("file"), upload_to=random_name, max_length=100)
    name = models.CharField(_("name of the file"), max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often a worker has begun; one that dies each time must not be tried for ever."""
    progress = models.PositiveSmallIntegerField(default=0)
    """Percent of the file read."""
    encoding = models.CharField(max_length=20, blank=True)
    header = models.TextField(blank=True)
    """The first line as it was, its cells joined by tabs."""
    lines_read = models.PositiveIntegerField(default=0)
    lines_refused = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    """Products that the file names and that it leaves as they are."""
    unnamed_skus = models.PositiveIntegerField(default=0)
    """SKUs on sale that a listing report does not name; of floors, which never name all, none are counted."""
    comparison = models.PositiveIntegerField(default=0)
    """Counts the comparisons with the catalog: who applies, applies the one that they saw."""
    problem_code = models.CharField(max_length=30, blank=True)
    """Why it failed, or why it has to be looked at again: a code of promoflow.catalog.files.problems."""
    problem_values = models.JSONField(default=dict, blank=True)
    old_problem = models.TextField(blank=True)
    """In its place the sentence, in the language of who uploaded it, from before there were codes."""
    once = models.UUIDField(null=True, editable=False)
    """Of the form that made it and the file in it: sent again, the form makes no other."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    discarded_at = models.DateTimeField(null=True)
    discarded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind", "sha256"],
                condition=models.Q(status__in=["waiting", "reading", "ready", "applying"]),
                name="a_file_is_open_once",
            ),
            models.UniqueConstraint(fields=["created_by", "once"], name="a_form_makes_one_import"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="confirming_has_its_person",
            ),
            models.CheckConstraint(
                condition=models.Q(status="applied", applied_at__isnull=False, applied_by__isnull=False)
                | (~models.Q(status="applied") & models.Q(applied_at__isnull=True, applied_by__isnull=True)),
                name="applied_has_its_person",
            ),
            models.CheckConstraint(
                condition=models.Q(status="discarded", discarded_at__isnull=False, discarded_by__isnull=False)
                | (
                    ~models.Q(status="discarded")
                    & models.Q(discarded_at__isnull=True, discarded_by__isnull=True)
                ),
                name="discarded_has_its_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["applying", "applied"])
                | models.Q(confirmed_at__isnull=False),
                name="nothing_is_applied_unconfirmed",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["listings", "floors"]), name="import_kind_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "waiting", "reading", "ready", "applying", "applied", "failed", "discarded",
                    ]
                ),
                name="import_status_is_known",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["store", "-created_at"], name="imports_of_a_store"),
            models.Index(
                fields=["id"],
                condition=models.Q(status__in=["waiting", "reading", "applying"]),
                name="imports_owed",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def problem(self) -> str:
        """Why it failed, or why it has to be looked at again, for whoever reads it."""
        return told(self.problem_code, self.problem_values) if self.problem_code else self.old_problem

    def clear_problem(self) -> None:
        self.problem_code, self.problem_values, self.old_problem = "", {}, ""

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_owed(self) -> bool:
        return self.status in self.OWED


class ImportLine(models.Model):
    """A good line of the file, kept until its import is applied or discarded."""

    pk = models.CompositePrimaryKey("source_id", "number")
    # No constraint or index of its own: 100,000 lines would pay for it, and the service removes the lines.
    source = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="lines", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    asin = models.CharField(max_length=10)
    sku = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=500, blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    quantity = models.PositiveIntegerField(null=True)
    status = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    floor_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    parent_asin = models.CharField(max_length=10, blank=True)
    raw = models.TextField(blank=True)
    """The line as it was, where the whole file must be known to judge it (floors and parents)."""

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sku"], condition=~models.Q(sku=""), name="a_file_names_a_sku_once"
            ),
            models.UniqueConstraint(
                fields=["source", "asin"], condition=models.Q(sku=""), name="a_floor_file_names_an_asin_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.asin}"


class RefusedLine(models.Model):
    """A line that the import leaves out, and why."""

    pk = models.CompositePrimaryKey("source_id", "number")
    source = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="refused_lines", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=30)
    """A code of promoflow.catalog.files.lines.REASONS."""
    detail = models.CharField(max_length=200, blank=True)
    raw = models.TextField(blank=True)

    class Meta:
        verbose_name = _("refused line")
        verbose_name_plural = _("refused lines")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.number} {self.reason}"


class ImportChange(models.Model):
    """What an import does to one product, beside what it found there: shown before, compared again after."""

    pk = models.CompositePrimaryKey("source_id", "asin")
    source = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="changes", db_constraint=False, db_index=False
    )
    asin = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    """The first line that names the product."""
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    """None for a product that the import adds."""
    title = models.CharField(max_length=500)
    was_title = models.CharField(max_length=500)
    image_url = models.CharField(max_length=500)
    was_image_url = models.CharField(max_length=500)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    was_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    floor_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    was_floor_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    parent_asin = models.CharField(max_length=10)
    was_parent_asin = models.CharField(max_length=10)
    new_skus = models.PositiveIntegerField()
    moved_skus = models.PositiveIntegerField()
    changed_skus = models.PositiveIntegerField()
    lost_skus = models.PositiveIntegerField(default=0)
    """SKUs of it that the file names under another ASIN."""
    # What the page counts and filters by; the others are false for a product that is new.
    is_new = models.BooleanField()
    changes_price = models.BooleanField()
    changes_floor = models.BooleanField()
    lowers_floor = models.BooleanField()
    changes_parent = models.BooleanField()
    changes_text = models.BooleanField()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        default_permissions = ()

    def __str__(self) -> str:
        return self.asin
