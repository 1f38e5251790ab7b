"""Reports: drafted by apps, signed by people, printed, and handed to the RIS, which keeps the record."""
