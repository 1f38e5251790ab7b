"""Bytes: where they lie and how they are written so that they stay."""
