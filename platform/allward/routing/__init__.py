"""Which apps run on which study, and the trace of why they did or did not."""
