"""HTML to blocks: one pass over lexbor's tree in page order, each text node once, no recursion.

What a stretch of text belongs to is found by climbing from it: to its block, its link, and to what hides it. Each
element is climbed through once, and only those that hold text are looked at closely; that makes the pass quick.

A block ends where a block-level element begins or ends, at a rule, and at two line breaks in a row; single line breaks
end it where they set long sentences apart. White space is folded as a browser shows it: nothing is added between inline
elements, so that no word is glued or split. What a browser does not show amid visible text neither enters nor tears it:
it is beside it, in `Block.aside`. No node of the tree outlives the pass.
"""

from scraper.segment.html.segmenter import segment_html

__all__ = ["segment_html"]
