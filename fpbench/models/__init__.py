"""Networks: the embedded world's autoencoder and DiT, and adapters of released video models."""
