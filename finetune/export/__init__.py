"""What becomes of an artefact elsewhere. Knows nothing of how it was trained."""
