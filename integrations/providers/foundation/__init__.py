"""The base of provider files: the interface, decoding, field maps, values and events. Pure."""
