"""The DIMSE upper layer: associations, C-ECHO and C-STORE, from the socket straight to the spool."""
