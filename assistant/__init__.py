"""Three ways to answer the same question. Knows nothing of how answers are scored or shown."""
