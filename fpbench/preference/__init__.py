"""Pairwise preference: studies, votes, ratings, reliability."""
