"""Where files are parsed and passages embedded, when it is not this process. Knows nothing of ledgers."""
