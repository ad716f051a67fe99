"""The operators' desk: live calls, tasks, the caller card. It has no tables of its own."""
