"""Which rules are in force."""

import json
from functools import lru_cache

from promoflow.policies.models import PolicyVersion
from promoflow.rulebook.policy import Policy, read


@lru_cache(maxsize=32)
def _policy(digest: bytes, body: bytes) -> Policy:
    return read(json.loads(body))


def policy_of(version: PolicyVersion) -> Policy:
    """The rules of a version, parsed once a process: a version never changes."""
    return _policy(bytes(version.digest), bytes(version.body))


def current_version() -> PolicyVersion:
    """The version in force: the highest number."""
    return PolicyVersion.objects.order_by("-number")[0]


def current() -> Policy:
    """The rules in force."""
    return policy_of(current_version())
