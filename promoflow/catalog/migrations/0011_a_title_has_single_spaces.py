"""Titles are searched with single spaces, so they are kept with single spaces."""

from django.db import migrations

AT_ONCE = 1_000


def collapse_spaces(apps, schema_editor):
    """In Python, as the import does it: PostgreSQL and Python do not mean the same by white space."""
    products = apps.get_model("catalog", "Product").objects
    changed = []
    for product in products.only("pk", "title").order_by("pk").iterator(AT_ONCE):
        title = " ".join(product.title.split())
        if title != product.title:
            product.title = title
            changed.append(product)
        if len(changed) == AT_ONCE:
            products.bulk_update(changed, ["title"])
            changed.clear()
    products.bulk_update(changed, ["title"])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_a_product_may_lose_its_skus")]

    operations = [migrations.RunPython(collapse_spaces, migrations.RunPython.noop)]
