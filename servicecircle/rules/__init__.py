"""Rules that are data: what the study decides, with the reason beside each line."""
