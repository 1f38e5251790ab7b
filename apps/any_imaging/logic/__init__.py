"""What the app says about a case: pure, without Django, so that it runs on a vendor's laptop too."""
