"""Runs a plug-in on its acceptance cases and on phantoms, and says what agreed."""
