"""Restarts: whether, why, in which order, and back again when a node does not come up."""
