"""One module a peer: each answers the same questions on the same network, in a process of its own."""
