"""Ids, clock, states and the shape of events: what every room stands on. Pure."""
