"""Every deed has its instant and its person, and people are never deleted from under their deeds."""

from django.apps import apps
from django.conf import settings
from django.db import models

OURS = ("accounts", "audit", "catalog", "outbox", "policies", "promotions")
# Instants that are no deed of a person: the ends of a span.
SPANS = {"starts_at", "ends_at"}
# Whoever decides confirms that it is them: the person of the decision.
OF_ANOTHER_DEED = {("Decision", "confirmed_at")}


def _models():
    return [model for label in OURS for model in apps.get_app_config(label).get_models()]


def _instants():
    return [
        (model, field.name.removesuffix("_at"))
        for model in _models()
        for field in model._meta.get_fields()
        if isinstance(field, models.DateTimeField) and field.name.endswith("_at") and field.name not in SPANS
        if (model.__name__, field.name) not in OF_ANOTHER_DEED
    ]


def _fields_in(condition: models.Q) -> set[str]:
    found = set()
    for child in condition.children:
        found |= _fields_in(child) if isinstance(child, models.Q) else {child[0].split("__")[0]}
    return found


def test_there_are_deeds_to_look_at():
    assert len(_instants()) >= 10


def test_every_instant_has_its_person():
    lonely = [
        f"{model.__name__}.{deed}_at"
        for model, deed in _instants()
        if deed + "_by" not in {field.name for field in model._meta.get_fields()}
    ]

    assert lonely == []


# The rules that came with the desk, and what the clock had checked, are of an instant and of nobody.
NOBODYS = {"PolicyVersion", "ConflictReport"}


def test_an_instant_and_its_person_are_both_there_or_neither():
    loose = []
    for model, deed in _instants():
        at, by = model._meta.get_field(f"{deed}_at"), model._meta.get_field(f"{deed}_by")
        held_together = any(
            {at.name, by.name} <= _fields_in(constraint.condition)
            for constraint in model._meta.constraints
            if isinstance(constraint, models.CheckConstraint)
        )
        if (at.null or by.null) and not held_together and model.__name__ not in NOBODYS:
            loose.append(f"{model.__name__}.{deed}")

    assert loose == []


def test_people_are_protected_from_deletion():
    unprotected = [
        f"{model.__name__}.{field.name}"
        for model in _models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model._meta.label == settings.AUTH_USER_MODEL
        and field.remote_field.on_delete is not models.PROTECT
    ]

    # Guardian's own table for direct grants, which a constraint keeps empty.
    assert unprotected == ["StoreUserPermission.user"]
