"""Models that turn prompts into text. Knows nothing of strategies, documents or metrics."""
