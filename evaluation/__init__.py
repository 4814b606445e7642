"""Which strategy answers best, and are we sure? Knows nothing of training or pages."""
