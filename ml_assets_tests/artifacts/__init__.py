"""Tests of the artifact store and its wiring."""
