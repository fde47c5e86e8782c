"""The pages of messages: the inbox, the channels, and the mailbox of the demonstration."""
