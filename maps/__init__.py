"""The cartography: draws a bundle as one map that needs no network. It computes no result of its own."""
