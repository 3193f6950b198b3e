"""An invented portal of a template that no profile knows, with the same notice under each of its stories."""

import random

__all__ = ["NOTICE", "page"]

NAMES = "Harbour Bridge Council River Market School Museum Station Forest Library Airport Theatre".split()
NOTICE = "This analysis reflects the opinion of its author alone and is no recommendation to buy or sell any asset."
SENTENCES = (
    "The council of the town approved the plan on {} after a debate that lasted for most of the {} day.",
    "Residents said that the old {} had been a danger to children for years, and welcomed the repairs {}.",
    "Work is to begin in {} weeks, an engineer told reporters, although the budget for it is still {} short.",
    "The opposition criticised the costs, which have risen by {} percent since the first estimate of {}.",
    "A spokeswoman for the ministry declined to comment on the {} figures before they are published {}.",
)


def page(number: int) -> tuple[str, str]:
    """Return a page of an invented portal, whose notice is in the same element as its story, and its URL."""
    order = random.Random(number)
    name = NAMES[number % len(NAMES)]
    story = "".join(
        f"<p>{order.choice(SENTENCES).format(order.randrange(1000), order.randrange(1000))}</p>" for _ in range(6)
    )
    links = "".join(
        f"<li><a href='/n/{order.randrange(9)}'>{order.choice(NAMES)} story number {order.randrange(999)} of the day</a></li>"
        for _ in range(5)
    )
    html = (
        f"<html><head><title>{name} {number} repaired at last</title></head><body>"
        "<div class='qx1'><a href='/'>Home</a> <a href='/a'>Politics</a> <a href='/b'>Money</a></div>"
        f"<div class='qx2'><h1>{name} {number} repaired at last</h1><div class='qx3'>By Ann Miller</div>"
        f"<div class='qx4'>{story}<p>{NOTICE}</p></div><div class='qx5'><h3>More stories</h3><ul>{links}</ul></div></div>"
        "<div class='qx6'><p>Copyright of the Invented Gazette. All rights reserved by its publisher.</p></div>"
        "</body></html>"
    )
    return html, f"https://gazette.example/{number}"
