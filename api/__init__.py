"""The service: a bundle and its streets over HTTP. It computes nothing that the library does not."""
