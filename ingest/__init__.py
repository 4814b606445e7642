"""From files to a searchable knowledge base. Knows nothing of language models, prompts or metrics."""
