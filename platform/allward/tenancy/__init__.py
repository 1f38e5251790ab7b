"""Whose data: tenants, departments, sharing grants, and the scope that every transaction carries."""
