"""The registry of places: what was declared, what is loaded, and how well each place is known."""
