"""From a question to passages. Knows nothing of files or of models that answer."""
