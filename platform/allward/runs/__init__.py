"""App runs and the jobs they share: what is to be computed, by which version, and how far it is."""
