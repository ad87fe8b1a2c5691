"""Exercises that check the code of whoever reads the chapters."""
