"""Measurements of time and memory, in CPU seconds, with a peer beside them in the same run."""
