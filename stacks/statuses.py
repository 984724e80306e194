"""With what every command of the command line ends."""

FINE, DUE, BROKEN = 0, 1, 2
"""Nothing is due; something is; something is broken."""
INTERRUPTED = 130
"""Ctrl-C ended it, as a shell says of what SIGINT ended."""
