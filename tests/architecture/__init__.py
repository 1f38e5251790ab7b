"""The house rules as tests, and for each rule a test that it bites."""
