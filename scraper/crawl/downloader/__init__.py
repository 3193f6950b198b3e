"""Downloader middlewares: robots.txt, SSRF protection, back-off, compression."""
