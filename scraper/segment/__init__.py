"""Bytes or text to blocks: decoding, limits, and one segmenter each for HTML and for flattened text."""
