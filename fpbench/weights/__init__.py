"""Real pretrained weights: where they are found, how verified, what is missing. Downloads nothing."""
