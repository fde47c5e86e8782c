"""The README draws the states that the code has."""

from django.conf import settings

from promoflow.promotions.management.commands.draw_states import drawing, with_drawing


def test_the_readme_draws_the_states_of_the_code():
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")

    assert drawing() in readme
    assert with_drawing(readme) == readme, "run `python3 manage.py draw_states`"
