"""What a plug-in version is worth on a hospital's own past cases, told before it is enabled."""
