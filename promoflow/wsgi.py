"""The WSGI entry that gunicorn serves, with all that it needs loaded before anybody asks."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promoflow.settings")

application = get_wsgi_application()

# A deed holds its rows while Python works. Loading the pages for the first of them took a third of a second,
# and looking through all that is loaded for garbage, now and then, a tenth.
reverse("desk")
gc.collect()
gc.freeze()
