"""Who did what: rows that are appended in the transaction of the act and never changed."""
