"""Tests of the room users."""
