"""What is in a Word document: text, numbers, styles, fields. Knows nothing of files and packages."""
