"""What people see first: studies with the state of their runs, and the word when something changes."""
