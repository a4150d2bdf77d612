"""Measurements of the library on the bundled district: what a number in the decisions was read from."""
