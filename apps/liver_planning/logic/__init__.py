"""What the app knows of the liver: pure, without Django, so that it runs on a vendor's laptop too."""
