"""What asks the history whether a move is in it looks by an index.

A session keeps the plans of these functions. Where the history was short when one was made, a scan of all of
it looked cheaper, and was run for each move from then on.
"""

from django.db import migrations

_ASKING = ("promotions_request_is_true()", "promotions_deed_is_true()")


def _each(change):
    return "\n".join(f"ALTER FUNCTION {function} {change};" for function in _ASKING)


class Migration(migrations.Migration):
    dependencies = [("promotions", "0021_a_form_makes_one")]

    operations = [migrations.RunSQL(_each("SET enable_seqscan = off"), _each("RESET enable_seqscan"))]
