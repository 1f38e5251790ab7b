"""Jobs carried out: claimed, read, sent to the engine, stored; a job completes once."""
