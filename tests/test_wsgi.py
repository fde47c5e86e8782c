"""A web process has all that it needs before anybody asks."""

import subprocess
import sys

ASKED = """
import gc
from promoflow import wsgi
from django.urls import get_resolver
assert wsgi.application
print(gc.get_freeze_count() > 100_000, "url_patterns" in vars(get_resolver()))
"""


def test_no_deed_waits_for_pages_to_load_or_for_all_of_them_to_be_looked_through_for_garbage():
    said = subprocess.run([sys.executable, "-c", ASKED], check=True, capture_output=True, text=True)

    assert said.stdout.split() == ["True", "True"]
