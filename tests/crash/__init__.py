"""The desk killed again and again while people work at it: nothing is lost, and nothing happens twice.

`desk` runs it as the demonstration does, `brokers` carries its doorbells, `people` work at it and keep a
ledger of what they were told, `chaos` kills, and `judge` compares the ledger and the mail that arrived with
the rows and the history, by questions of its own.
"""
