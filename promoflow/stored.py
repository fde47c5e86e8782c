"""A stored file goes once the transaction stands that lets go of it: no rollback brings one back."""

from django.core.files.storage import default_storage
from django.db import transaction


def delete_after_this(name: str) -> None:
    """Delete the file of this name after the commit; one that cannot be deleted keeps no other."""
    # No `partial`: Django tells of one that fails by its name, and would fail itself where there is none.
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)
