"""The command line."""

import argparse
import sys

from scraper.article import json_schema

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run a command; `schema` prints the JSON Schema of a record."""
    parser = argparse.ArgumentParser(prog="scraper", description="News pages in, clean records out.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("schema", help="print the JSON Schema of a record")
    parser.parse_args(arguments)
    sys.stdout.write(json_schema())
