"""Running protocols: cells, clips, measurements, resume, provenance. Nothing is compared or drawn here."""
