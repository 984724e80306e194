"""Who may log in: built-in users and their passwords."""
