"""A stack: what the operator wrote, checked as a whole, and the driver that runs it."""
