"""Files in, results out: runs an app or a plug-in with the engine and without the platform."""
