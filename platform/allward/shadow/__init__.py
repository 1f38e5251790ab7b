"""Versions that run beside the enabled one, for the statistics alone; and whether an enabled one drifts."""
