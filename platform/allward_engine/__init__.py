"""Runs models: one process per device owns the sessions, and all work on many voxels stays in here."""
