"""What provider files are built on: their interface, decoding, field maps, values and events. Pure."""
