"""Which parameters learn. Knows nothing of what is learned or of schedules."""
