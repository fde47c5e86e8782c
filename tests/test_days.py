"""The days that a form takes."""

from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

import promoflow
from promoflow.days import DayField


@pytest.mark.parametrize("text", ["2000-01-01", "2026-11-27", "2200-12-31"])
def test_a_day_that_a_promotion_could_have_is_read(text):
    assert DayField().clean(text) == date.fromisoformat(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1999-12-31", "2201-01-01", "9999-12-31"])
def test_a_day_at_the_ends_of_the_calendar_is_refused(text):
    with pytest.raises(ValidationError, match="between 2000 and 2200"):
        DayField().clean(text)


def test_every_form_reads_its_days_this_way():
    root = Path(promoflow.__file__).parent
    elsewhere = [path for path in root.rglob("*.py") if "forms.DateField" in path.read_text()]

    assert elsewhere == [root / "days.py"]
