"""What machines tell of themselves and of the nodes on them: looked at, and never changed."""
