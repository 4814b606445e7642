"""Which questions are asked, and the asking. Knows nothing of metrics or reports."""
