"""Authorities, leaves, and the files that carry them: what to issue, what to look at, when to do it again."""
