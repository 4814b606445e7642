"""One file for each way to answer; none knows another. Knows nothing of settings, domains or files."""
