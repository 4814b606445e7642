"""From documents to questions with answers and quotes. Knows nothing of strategies or reports."""
