"""A study folder of any area, from OpenStreetMap: fetched, clipped, sorted out, written whole or not at all."""
