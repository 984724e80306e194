"""Rehearses renewal and rotation on a real cluster under load: every request, every node and every pair is watched."""
