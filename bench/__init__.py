"""Measures, side by side in one run: what a run of ours costs beside the floor of an empty program."""
