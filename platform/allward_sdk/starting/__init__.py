"""Starts a plug-in: a folder made from what a graph tells, with a question wherever only a person knows."""
