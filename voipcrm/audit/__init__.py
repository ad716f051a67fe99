"""Who did what: what people change is recorded, old and new, by triggers of the database; what changes no row, by `entries.record`."""
