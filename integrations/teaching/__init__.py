"""Teaching a configuration what its provider's deliveries mean, without writing code."""
