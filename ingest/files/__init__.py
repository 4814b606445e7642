"""From a file to clean text. Knows nothing of passages, ledgers or indexes."""
