"""The page that shows the strategies side by side."""
