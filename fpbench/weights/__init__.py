"""Real pretrained weights: where they are found, how verified, what is missing. Nothing is downloaded here."""
