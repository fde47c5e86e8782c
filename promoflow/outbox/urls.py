"""The addresses of the mailbox."""

urlpatterns: list[object] = []
