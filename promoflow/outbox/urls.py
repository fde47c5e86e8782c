"""The addresses of the inbox, of channels, and of the mailbox."""

from django.urls import path

from promoflow.outbox.views import channels, inbox, mailbox

urlpatterns = [
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/read/", inbox.read_all, name="inbox-read-all"),
    path("inbox/<int:pk>/open/", inbox.open_, name="inbox-open"),
    path("inbox/<int:pk>/read/", inbox.read, name="inbox-read"),
    path("preferences/telling/", channels.telling, name="telling"),
    path("preferences/telling/add/", channels.add_own, name="telling-add"),
    path("stores/<int:pk>/channels/", channels.of_store, name="store-channels"),
    path("stores/<int:pk>/channels/add/", channels.add_to_store, name="store-channel-new"),
    path("channels/<int:pk>/", channels.channel, name="channel"),
    path("channels/<int:pk>/test/", channels.test, name="channel-test"),
    path("channels/<int:pk>/pause/", channels.pause, name="channel-pause"),
    path("channels/<int:pk>/resume/", channels.resume, name="channel-resume"),
    path("channels/<int:pk>/remove/", channels.remove, name="channel-remove"),
    path("mailbox/", mailbox.index, name="mailbox"),
    path("mailbox/codes/", mailbox.authenticators, name="demo-codes"),
    path("mailbox/undelivered/", mailbox.undelivered, name="undelivered"),
    path("mailbox/undelivered/<int:pk>/", mailbox.try_again, name="message-retry"),
    path("mailbox/<slug:key>/", mailbox.mail, name="mail"),
]
