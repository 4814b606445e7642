"""From documents and questions to a tuned model. Knows nothing of metrics or pages."""
