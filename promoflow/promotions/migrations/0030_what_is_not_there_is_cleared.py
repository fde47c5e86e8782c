"""Of what is over somebody may say at any time that it is not at Amazon: it takes no step for that."""

from importlib import import_module

from django.db import migrations

_RELEASING = import_module("promoflow.promotions.migrations.0029_what_may_run_is_not_forgotten").RELEASING

_BY_A_STEP = "e.step = q.step AND e.outcome = 'done' AND e.after->>'may_run' = 'false'"
_OR_CLEARED = """\
(e.step = q.step OR e.event = 'request.cleared' AND q.state IN ('cancelled', 'rejected'))
                    AND e.outcome = 'done' AND e.after->>'may_run' = 'false'"""
RELEASING = _RELEASING.replace(_BY_A_STEP, _OR_CLEARED)


class Migration(migrations.Migration):
    dependencies = [("promotions", "0029_what_may_run_is_not_forgotten")]

    operations = [migrations.RunSQL(RELEASING, _RELEASING)]
