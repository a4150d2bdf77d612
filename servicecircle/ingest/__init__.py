"""The only readers: files in, values of ``model`` out, every fault named with its remedy."""
