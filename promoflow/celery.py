"""The Celery application: a doorbell for work that is owed, never the ledger of it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promoflow.settings")

app = Celery("promoflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
