"""Real pretrained weights: where they are found, how they are verified, what is missing. Nothing is downloaded here."""
