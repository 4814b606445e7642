"""From scores to what people read. Knows nothing of models or of how scores came about."""
