"""Rows that stay as they were written, and keys that carry content, editor, verdict and validity."""

from django.db import migrations

REFERENCES_START_AT_1001 = """
ALTER TABLE promotions_promotionrequest ALTER COLUMN id SET START WITH 1001;
ALTER TABLE promotions_promotionrequest ALTER COLUMN id RESTART WITH 1001;
"""

# An approval of other content, or an activation without a valid approval of exactly this content, cannot be
# stored: the keys carry digest, editor, verdict and validity.
COMPOSITE_KEYS = """
ALTER TABLE promotions_promotionrequest
    ADD CONSTRAINT current_revision_is_its_own FOREIGN KEY (current_id, id)
        REFERENCES promotions_revision (id, request_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE promotions_decision
    ADD CONSTRAINT decision_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id),
    ADD CONSTRAINT decision_is_of_this_content FOREIGN KEY (revision_id, digest, editor_id)
        REFERENCES promotions_revision (id, digest, edited_by_id),
    ADD CONSTRAINT decision_is_on_this_report FOREIGN KEY (report_id, revision_id, report_digest)
        REFERENCES promotions_conflictreport (id, revision_id, digest);
ALTER TABLE promotions_reservation
    ADD CONSTRAINT reservation_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id);
ALTER TABLE promotions_activation
    ADD CONSTRAINT activation_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id),
    ADD CONSTRAINT activation_is_of_this_content FOREIGN KEY (revision_id, digest, editor_id)
        REFERENCES promotions_revision (id, digest, edited_by_id),
    ADD CONSTRAINT activation_has_a_valid_approval
        FOREIGN KEY (decision_id, revision_id, digest, approver_id, decision_verdict, decision_valid)
        REFERENCES promotions_decision (id, revision_id, digest, decided_by_id, verdict, valid);
"""

COMPOSITE_KEYS_REVERSED = """
ALTER TABLE promotions_activation
    DROP CONSTRAINT activation_has_a_valid_approval,
    DROP CONSTRAINT activation_is_of_this_content,
    DROP CONSTRAINT activation_is_of_the_requests_revision;
ALTER TABLE promotions_reservation DROP CONSTRAINT reservation_is_of_the_requests_revision;
ALTER TABLE promotions_decision
    DROP CONSTRAINT decision_is_on_this_report,
    DROP CONSTRAINT decision_is_of_this_content,
    DROP CONSTRAINT decision_is_of_the_requests_revision;
ALTER TABLE promotions_promotionrequest DROP CONSTRAINT current_revision_is_its_own;
"""

REFUSE = """
CREATE FUNCTION promotions_refuse(rule text, sentence text) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = sentence;
END $$;

CREATE FUNCTION promotions_keep() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM promotions_refuse('kept_as_it_was_written',
        format('%s in %s is refused: what is written there stays as it is.', TG_OP, TG_TABLE_NAME));
    RETURN NULL;
END $$;
"""

REFUSE_REVERSED = """
DROP FUNCTION promotions_keep();
DROP FUNCTION promotions_refuse(text, text);
"""

_KEPT = {
    "promotions_promotionrequest": "DELETE OR TRUNCATE",
    "promotions_revision": "UPDATE OR DELETE OR TRUNCATE",
    "promotions_revisionproduct": "UPDATE OR DELETE OR TRUNCATE",
    "promotions_conflictreport": "UPDATE OR DELETE OR TRUNCATE",
    "promotions_decision": "DELETE OR TRUNCATE",
    "promotions_reservation": "DELETE OR TRUNCATE",
    "promotions_activation": "DELETE OR TRUNCATE",
}

KEPT = "".join(
    f"CREATE TRIGGER kept BEFORE {what} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();\n"
    for table, what in _KEPT.items()
)

KEPT_REVERSED = "".join(f"DROP TRIGGER kept ON {table};\n" for table in _KEPT)


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(REFERENCES_START_AT_1001, migrations.RunSQL.noop),
        migrations.RunSQL(COMPOSITE_KEYS, COMPOSITE_KEYS_REVERSED),
        migrations.RunSQL(REFUSE, REFUSE_REVERSED),
        migrations.RunSQL(KEPT, KEPT_REVERSED),
    ]
