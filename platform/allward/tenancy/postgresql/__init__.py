"""Django's PostgreSQL back end, with every transaction told whose rows it may see."""
