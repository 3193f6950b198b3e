"""Numbers in messages."""

__all__ = ["count"]


def count(number: int, noun: str, form: str = "") -> str:
    """Return a number, formatted by `form`, with its noun in the singular or plural: "1 page", "2 addresses"."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:{form}} {noun}{ending}"
