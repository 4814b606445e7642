"""What a step of the factory is worth: the same training with and without it. Knows not how one works."""
