"""The desk's own settings, with a mail server that takes its time and a broker that delivers three times."""

from promoflow.settings import *  # noqa: F403
from promoflow.settings import DATA_DIR, INSTALLED_APPS

EMAIL_BACKEND = "tests.crash.post.Office"
EMAIL_FILE_PATH = str(DATA_DIR / "arrived")
# It answers in a moment, so what a killed worker had claimed is due again soon.
EMAIL_TIMEOUT = 2
# Signing in is not what is killed here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
INSTALLED_APPS = [*INSTALLED_APPS, "tests.crash"]
