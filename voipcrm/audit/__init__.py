"""The audit log. Database triggers record what people change, old and new value; `entries.record` records what changes no row."""
