"""The office's way in: registry edits, imports, reports and rebuilds over HTTP; off unless a key is configured."""
