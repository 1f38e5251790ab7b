"""Simulates devices that run the real policy, ledger and accounts: a change to them can be tried on a day."""
