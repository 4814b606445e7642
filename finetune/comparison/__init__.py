"""Which method of fine-tuning is better, at what cost, and what it forgets. Knows not how one works."""
