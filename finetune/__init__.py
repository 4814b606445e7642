"""Training data, LoRA training and adapters. Knows nothing of metrics or pages."""
