"""How training data is made. Knows nothing of models that are trained."""
