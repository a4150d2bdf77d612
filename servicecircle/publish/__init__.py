"""The only writers: values in, files out, the same bytes for the same values."""
