"""Who submitted a request, when, why and at what risk is written as it is submitted, and stays so."""

from importlib import import_module

from django.db import migrations, models

_MOVES = import_module("promoflow.promotions.migrations.0014_as_many_approve_as_it_takes").MOVES
_CONTENT = "    IF NEW.current_id IS DISTINCT FROM OLD.current_id"

# Who submitted does not decide: whoever could write another name there meanwhile would be the second person.
# What a draft holds of it, the constraints say: nothing.
FROZEN = """\
    IF (NEW.submitted_at, NEW.submitted_by_id, NEW.reasons, NEW.worst_percent, NEW.exposed, NEW.warned)
        IS DISTINCT FROM
        (OLD.submitted_at, OLD.submitted_by_id, OLD.reasons, OLD.worst_percent, OLD.exposed, OLD.warned)
        AND NEW.state <> 'draft' AND NOT (OLD.state = 'draft' AND NEW.state = 'in_review') THEN
        PERFORM promotions_refuse('a_submission_is_frozen',
            'Who submitted a request, when, why and at what risk stays as it was submitted.');
    END IF;
"""
MOVES = _MOVES.replace(_CONTENT, FROZEN + _CONTENT)


class Migration(migrations.Migration):
    dependencies = [("promotions", "0025_what_is_in_review_is_found")]

    operations = [
        migrations.AddConstraint(
            "promotionrequest",
            models.CheckConstraint(
                condition=models.Q(("state", "draft"), _negated=True) | models.Q(("reasons", {})),
                name="a_draft_has_no_reasons",
            ),
        ),
        migrations.RunSQL(MOVES, _MOVES),
    ]
