"""Exact shapes on known grids, so that a measurement has one right answer."""
