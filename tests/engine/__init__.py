"""Tests with the real engine and our plugin, on nodes that are folders only: they do not run."""
