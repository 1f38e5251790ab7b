"""Plug-ins: their versions (global catalogue) and their installations in a hospital."""
