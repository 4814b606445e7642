"""The parts of the page. Knows nothing of how answers are made."""
