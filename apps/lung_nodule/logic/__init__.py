"""What the app says about a chest CT: pure, without Django, so that it runs on a vendor's laptop too."""
