"""The operators' desk: live calls, what is to be done, the caller card. It has no tables of its own."""
