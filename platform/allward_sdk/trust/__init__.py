"""Who made a package, whether anything in it was changed, and whether its publisher's key still holds."""
