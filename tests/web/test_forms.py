"""A field carries its label, hint and error, and says so to a screen reader."""

import pytest
from django import forms
from django.template import Context, Template
from pytest_django.asserts import assertHTMLEqual

from promoflow.templatetags.desk import choice_box
from tests.web.addresses import Question


def _shown(form, source):
    return Template("{% load desk %}" + source).render(Context({"form": form}))


def test_a_wrong_field_says_what_is_wrong_beside_it_and_keeps_what_was_typed():
    shown = _shown(Question({"title": "too long"}), "{% field form.title %}")

    assert 'value="too long"' in shown
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_title_helptext id_title_error"' in shown
    assert 'id="id_title_error" role="alert"' in shown
    assert 'id="id_title_helptext"' in shown
    assert "is-invalid" in shown
    assert '<label class="form-label" for="id_title"' in " ".join(shown.split())


def test_a_hint_is_text_not_markup():
    assert "What &lt;b&gt;shoppers&lt;/b&gt; read." in _shown(Question(), "{% field form.title %}")


def test_choices_are_one_group_with_its_name_and_hint():
    shown = " ".join(_shown(Question({}), "{% field form.audience %}").split())

    assert "<fieldset" in shown
    assert '<legend class="form-label">Audience' in shown
    assert 'aria-describedby="id_audience_helptext id_audience_error"' in shown
    assert 'class="form-check-input' in shown


@pytest.mark.parametrize("widget", [forms.CheckboxSelectMultiple, forms.RadioSelect])
def test_a_box_is_what_django_would_write(widget):
    class Poll(forms.Form):
        picked = forms.MultipleChoiceField(
            choices=[("a<b", "One"), ("c", "Two")], widget=widget(attrs={"class": "big", "disabled": False})
        )

    for choice in Poll({"picked": ["c"]})["picked"]:
        assertHTMLEqual(choice_box(choice), choice.tag())


def test_only_what_may_be_left_out_is_called_optional():
    assert "optional" in _shown(Question(), "{% field form.note %}")
    assert "optional" not in _shown(Question(), "{% field form.title %}")


def test_units_stand_beside_the_field():
    shown = _shown(Question(), '{% field form.title before="$" after="%" %}')

    assert '<span class="input-group-text">$</span>' in shown
    assert '<span class="input-group-text">%</span>' in shown


def test_a_hidden_field_stays_hidden():
    shown = _shown(Question(), "{% field form.secret %}")

    assert 'type="hidden"' in shown
    assert "<label" not in shown


def test_the_list_of_errors_leads_to_each_field():
    form = Question({"title": "too long", "secret": "x"})
    form.add_error(None, "These do not go together.")

    shown = " ".join(_shown(form, "{% form_errors form %}").split())

    assert 'href="#id_title"' in shown
    assert 'href="#id_audience"' in shown
    assert "These do not go together." in shown
    assert "Secret: Enter a whole number." in shown


def test_a_right_form_has_no_list_of_errors():
    assert "notice" not in _shown(Question({"title": "a", "audience": "all"}), "{% form_errors form %}")


def test_a_field_shown_twice_wears_its_class_once():
    assert 'class="form-control"' in _shown(Question(), "{% field form.title %}{% field form.title %}")
