"""Stores and their products; conflicts are keyed on (store, ASIN)."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from promoflow.catalog.marketplaces import MARKETPLACES, Marketplace

# domain.md, section 7: a letter B and nine more, or an ISBN-10.
ASIN_PATTERN = r"^(B[0-9A-Z]{9}|[0-9]{9}[0-9X])$"


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
        _("marketplace"), max_length=20, choices=[(m.id, str(m)) for m in MARKETPLACES.values()]
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
    asin = models.CharField("ASIN", max_length=10, validators=[RegexValidator(ASIN_PATTERN)])
    title = models.CharField(_("title"), max_length=500)
    image_url = models.URLField(_("picture"), max_length=500, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    """Your Price in the marketplace's currency: the lowest of the active SKUs, for the worst case."""
    floor_price = models.DecimalField(
        _("floor price"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["store", "asin"], name="one_product_per_asin_in_a_store"),
            models.CheckConstraint(condition=models.Q(asin__regex=ASIN_PATTERN), name="asin_is_well_formed"),
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


class Sku(models.Model):
    """One of the seller's SKUs of a product; several may share an ASIN."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="skus")
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
