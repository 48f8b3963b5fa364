"""Vectors to clusters."""
