"""PostgreSQL and Valkey out of Python wheels, so that one command starts on a bare machine."""
