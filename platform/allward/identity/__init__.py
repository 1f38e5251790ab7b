"""Who is asking: users, memberships and roles, sign-in by session, password or token."""
