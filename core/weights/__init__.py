"""Model weights: where they come from, and how packed files become ordinary model folders."""
