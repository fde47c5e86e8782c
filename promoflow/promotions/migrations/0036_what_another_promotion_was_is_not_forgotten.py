"""What a live request was before may stand at Amazon beside it: that is forgotten where somebody says so."""

from importlib import import_module

from django.db import migrations

_RELEASING = import_module("promoflow.promotions.migrations.0030_what_is_not_there_is_cleared").RELEASING
_with = import_module("promoflow.audit.migrations.0008_what_is_left_out_is_told_to_have_changed")._with

# Marking it live says of what is there by now that it is known; the service leaves out what it is not.
RELEASING = _with(
    _RELEASING,
    (
        "q.state <> 'live'\n            AND (b.may_run OR q.state NOT IN ('approved', 'ended'))",
        "(b.may_run OR q.state NOT IN ('approved', 'live', 'ended'))",
    ),
    (
        "e.event = 'request.cleared' AND q.state IN ('cancelled', 'rejected'))",
        "e.event = 'request.cleared' AND q.state IN ('cancelled', 'rejected', 'live', 'ended'))",
    ),
    (
        "AND e.outcome = 'done' AND e.after->>'may_run' = 'false'",
        "AND e.outcome = 'done' AND (e.after->>'may_run' = 'false'\n"
        "                        OR e.event = 'request.marked_live' AND e.step = q.step)",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("promotions", "0035_a_check_knows_since_when_it_is_owed")]

    operations = [migrations.RunSQL(RELEASING, _RELEASING)]
