"""The map of a comparison: who gains and who loses, where, and which ground the circles gained or lost."""
