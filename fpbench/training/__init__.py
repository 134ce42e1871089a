"""Training of the embedded worlds' networks from recipe files."""
