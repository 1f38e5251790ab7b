"""Starts every process in order, restarts what crashes, and ends them all together."""
