"""One short file per rival of FramePack, written against the public API only."""
