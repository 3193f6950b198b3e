"""Training of the labeller: `python -m scraper.tagger.training FOLDER` turns pages with gold into weights.

`corpus` reads the pages, `alignment` finds a gold body among blocks, `augment` varies pages, `net` is the network in
torch, `fit` trains it, and `evaluate` measures it on pages of unseen hosts. The library itself needs none of this.
"""
