"""Figures: accuracy on pages with gold, speed, memory, and endless damaged pages."""
