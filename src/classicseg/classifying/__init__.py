"""Pixels to classes, by what a person drew on some of them."""
