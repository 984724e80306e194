"""Clients of a secured cluster: what they must know, and how they come to use it."""
