"""The app for any plug-in that no other app has a place for: what it outlines becomes findings."""
