"""Settings of every deployment, and the only reader of environment variables."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; say 1 or 0.")
    return value in {"1", "true", "yes"}


def _words(name: str) -> list[str]:
    return [word for word in os.environ.get(name, "").replace(",", " ").split() if word]


def _database(url: str) -> dict[str, object]:
    """Django's settings for a URL postgresql://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must start with postgresql:// - the promises of promoflow rest on PostgreSQL."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or options.pop("port", "")),
        # A session plans once what promoflow.prepared asks for the second time. So it is kept, though not for
        # good: a plan is made for tables as they were.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # A server that cannot be reached is away after so many seconds, before whoever waits for us gives up.
        "OPTIONS": {"prepare_threshold": 1, "connect_timeout": 10, **options},
    }


# Where a machine of its own keeps its database, its mail, its uploads and its secret (manage.py demo).
DATA_DIR = Path(os.environ.get("PROMOFLOW_DATA_DIR", BASE_DIR / ".promoflow"))

DEBUG = _flag("PROMOFLOW_DEBUG", False)
DEMO = _flag("PROMOFLOW_DEMO", False)
HTTPS = _flag("PROMOFLOW_HTTPS", False)


def _required(name: str, meaning: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set: {meaning} On a machine of your own, `python3 manage.py demo` sets it for "
            "you; README.md, 'On a server', lists them all."
        )
    return value


SECRET_KEY = _required("PROMOFLOW_SECRET_KEY", "it signs sessions and links.")
# While it is replaced: what the keys before it signed and sealed is still good.
SECRET_KEY_FALLBACKS = _words("PROMOFLOW_EARLIER_SECRET_KEYS")
ALLOWED_HOSTS = _words("PROMOFLOW_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
SITE_URL = os.environ.get("PROMOFLOW_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

DATABASES = {"default": _database(_required("DATABASE_URL", "it names the PostgreSQL database."))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The role that the application connects as; migrations run as the owner and leave it only what it needs.
DATABASE_APP_ROLE = os.environ.get("DATABASE_APP_ROLE", "promoflow_app")

# The sign-in limits count in it, so it is shared by all web processes. Once it is full Django throws counters
# away that still count, so that takes more attempts in five minutes than a server could answer.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

INSTALLED_APPS = [
    # Before Django's: its createsuperuser tells the history.
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "guardian",
    "promoflow",
    "promoflow.audit",
    "promoflow.outbox",
    "promoflow.catalog",
    "promoflow.policies",
    "promoflow.promotions",
    "promoflow.retention",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "promoflow.away.DatabaseAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "promoflow.reading.ReadingMiddleware",
    "accounts.middleware.SessionsEnd",
    "accounts.middleware.StrangersSendLittle",
    "accounts.middleware.PreferencesMiddleware",
    "promoflow.audit.middleware.OriginMiddleware",
    "accounts.hammering.TooManyAttempts",
    "promoflow.web.RefusalMiddleware",
    # Inside of it: a refusal is told to the history before it becomes an answer.
    "promoflow.audit.refused.RefusedAttempts",
]

ROOT_URLCONF = "promoflow.urls"
WSGI_APPLICATION = "promoflow.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# A session ends so long after signing in, whatever is done in it, and so long after its last use. Django's
# own age begins anew with each save: it ends none that is in use.
SESSION_LASTS = timedelta(hours=12)
SESSION_IDLES = timedelta(minutes=30)
SESSION_COOKIE_AGE = int(SESSION_LASTS.total_seconds())

# --- People ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# There are no anonymous operators: guardian must not make a user row for one.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "accounts.signing_in.ChangePasswordForm",
    "reset_password": "accounts.signing_in.ResetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "accounts.signing_in.AuthenticateForm",
    "reauthenticate": "accounts.signing_in.ReauthenticateForm",
    "activate_totp": "accounts.signing_in.ActivateTOTPForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Django's own: allauth's would keep a second, unverified list of addresses and then refuse two-step sign-in.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "promoflow"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"

# --- Language and time ----------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
]
LOCALE_PATHS = [BASE_DIR / "promoflow" / "locale"]
FORMAT_MODULE_PATH = ["promoflow.locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files, mail, messages ------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("PROMOFLOW_STATIC_ROOT", DATA_DIR / "static"))
WHITENOISE_USE_FINDERS = DEBUG or DEMO
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files"), "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A listing report of 100,000 rows is about 60 MB.
IMPORT_MAX_BYTES = 200 * 1024 * 1024

DEFAULT_FROM_EMAIL = os.environ.get("PROMOFLOW_MAIL_FROM", "promoflow <desk@promoflow.invalid>")
MAIL_FOLDER = DATA_DIR / "mail"
if DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_FOLDER)
else:
    EMAIL_HOST = os.environ.get("PROMOFLOW_MAIL_HOST", "localhost")
    EMAIL_PORT = int(os.environ.get("PROMOFLOW_MAIL_PORT", "25"))
    EMAIL_HOST_USER = os.environ.get("PROMOFLOW_MAIL_USER", "")
    EMAIL_HOST_PASSWORD = os.environ.get("PROMOFLOW_MAIL_PASSWORD", "")
    EMAIL_USE_TLS = _flag("PROMOFLOW_MAIL_TLS", False)
    EMAIL_USE_SSL = _flag("PROMOFLOW_MAIL_SSL", False)
    if EMAIL_USE_TLS and EMAIL_USE_SSL:
        raise ImproperlyConfigured(
            "PROMOFLOW_MAIL_TLS and PROMOFLOW_MAIL_SSL are both 1: the first is for a server that begins "
            "without TLS and is asked for it (port 587), the second for one that begins with it (port 465)."
        )
EMAIL_TIMEOUT = 20

BROKER_FOLDER = DATA_DIR / "broker"
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "filesystem://localhost/")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str | bool] = {}
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT = "promoflow.broker.Transport"
    # With this kind of broker Celery's processes wait for work behind one lock, and one that is killed there
    # keeps it for ever; threads end with their worker, and a worker that ends is started again.
    CELERY_WORKER_POOL = "threads"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_FOLDER),
        "data_folder_out": str(BROKER_FOLDER),
        "control_folder": str(BROKER_FOLDER / "control"),
    }
elif CELERY_BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Who rings while the broker is down is answered at once all the same: Celery would try again for seconds.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_TIMEZONE = "UTC"
# The clock and the mail have rows of their own, and a worker takes from each row in turn: a backlog of mail
# makes many calls, each of some seconds, and what stood behind them would be forgotten before its turn came.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("celery", "clock", "mail")]
CELERY_TASK_ROUTES = {
    "promoflow.promotions.tasks.move_due": {"queue": "clock"},
    "promoflow.promotions.tasks.check_again": {"queue": "clock"},
    "promoflow.outbox.tasks.deliver_due": {"queue": "mail"},
}
# Beat keeps when it rang last each time it rings: one that is killed often would else begin each wait anew.
CELERY_BEAT_SYNC_EVERY = 1
# Celery's own default is the folder that it is started in, where its account may not write.
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
# After so many seconds a call that nobody heard is forgotten: newer ones say the same, and a worker that was
# away for hours must not answer thousands of old ones first. Longer than the clocks of two servers differ.
CALL_EXPIRES = 60
# Every task looks for owed work in the database, so a lost or doubled tick costs time, never work.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": schedule, "options": {"expires": CALL_EXPIRES}}
    for name, task, schedule in (
        ("deliver messages", "promoflow.outbox.tasks.deliver_due", 5.0),
        ("read imports", "promoflow.catalog.tasks.work_on_imports", 10.0),
        ("move what is due", "promoflow.promotions.tasks.move_due", 30.0),
        ("check again what changed", "promoflow.promotions.tasks.check_again", 30.0),
    )
} | {
    "delete what has passed its span": {
        "task": "promoflow.retention.tasks.forget_what_has_passed",
        "schedule": crontab(hour=3, minute=20),
    }
}

# --- The history's proof --------------------------------------------------------------------------------

# What the log is called in its checkpoints; a new name begins a new log (docs/history.md).
HISTORY_NAME = os.environ.get("PROMOFLOW_HISTORY_NAME", f"{urlsplit(SITE_URL).netloc}/history/1")
# Only the checkpointer reads the key; the web knows the public half, which stands beside the notes.
CHECKPOINT_KEY = Path(os.environ.get("PROMOFLOW_CHECKPOINT_KEY", DATA_DIR / "checkpointer" / "key.pem"))
CHECKPOINT_FOLDER = Path(os.environ.get("PROMOFLOW_CHECKPOINT_FOLDER", DATA_DIR / "checkpoints"))
CHECKPOINT_MAIL = _words("PROMOFLOW_CHECKPOINT_MAIL")
# s3://bucket/prefix of S3-compatible storage, its endpoint where it is not Amazon's, and for how many days
# each note is locked there against everybody. Credentials are found as boto3 finds them.
CHECKPOINT_S3 = os.environ.get("PROMOFLOW_CHECKPOINT_S3", "")
if CHECKPOINT_S3 and (urlsplit(CHECKPOINT_S3).scheme != "s3" or not urlsplit(CHECKPOINT_S3).netloc):
    raise ImproperlyConfigured(f"PROMOFLOW_CHECKPOINT_S3 is {CHECKPOINT_S3!r}; write it s3://bucket/prefix.")
CHECKPOINT_S3_ENDPOINT = os.environ.get("PROMOFLOW_CHECKPOINT_S3_ENDPOINT") or None
CHECKPOINT_S3_LOCK_DAYS = int(os.environ.get("PROMOFLOW_CHECKPOINT_S3_LOCK_DAYS", "0"))

# --- Paper ----------------------------------------------------------------------------------------------

# The browser that makes PDFs; else the one on the path, and where there is none, pages are only printed.
CHROMIUM = os.environ.get("PROMOFLOW_CHROMIUM", "")

# --- What is kept ---------------------------------------------------------------------------------------

# How long, by what it is; promoflow/retention/kept.py says from when and what happens then. What is not here
# is kept for good. PostgreSQL lets no message go that was closed less than 30 days ago.
KEPT_FOR = {
    "messages": timedelta(days=400),
    "imports": timedelta(days=90),
    "screenshots": timedelta(days=730),
    "sessions": timedelta(seconds=SESSION_COOKIE_AGE),
    "counters": timedelta(hours=1),
}

# --- Security -------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
# What watches the server may ask it directly, and says no secret.
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "promoflow_session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "promoflow_csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "promoflow_language"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY = HTTPS, True
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
if _flag("PROMOFLOW_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Product pictures are Amazon's; an image cannot run.
        "img-src": [SELF, "data:", "https:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    # Apprise logs the addresses that it writes to, and these are secrets; the outbox keeps what went wrong.
    "loggers": {"apprise": {"handlers": ["nowhere"], "level": "CRITICAL", "propagate": False}},
    "root": {"handlers": ["console"], "level": os.environ.get("PROMOFLOW_LOG_LEVEL", "INFO")},
}
