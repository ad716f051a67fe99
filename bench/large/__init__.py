"""Flat up to ten million calls: what each page takes at the database, by turns at ten thousand and at ten million."""
