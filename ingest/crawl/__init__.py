"""From the pages of one web host to documents, politely. Knows nothing of ledgers but how to fill one."""
