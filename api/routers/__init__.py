"""Routes: a few lines each; what they say is computed elsewhere."""
