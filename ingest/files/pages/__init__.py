"""From the characters of pages to text as a person reads it. Knows nothing of documents, ids or cleaning."""
