"""How sure are we? Knows nothing of models or files."""
