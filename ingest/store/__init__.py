"""The truth: documents, their passages and vectors in a ledger. Knows nothing of indexes or of searching."""
