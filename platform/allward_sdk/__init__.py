"""The contract between a plug-in, the engine and the platform: manifest, geometry, results, packages."""
