"""What every layer stands on: errors, languages, domains, weights. Knows nothing of documents or answers."""
