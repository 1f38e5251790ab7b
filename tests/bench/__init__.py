"""Measurements, printed as tables; never a test that fails on a slow machine."""
