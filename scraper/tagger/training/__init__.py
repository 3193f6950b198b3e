"""Training of the labeller: `python -m scraper.tagger.training FOLDER` turns pages with gold into weights.

`corpus` reads the pages, `alignment` finds a gold body among blocks, `augment` changes pages as other sites might have
them, `net` is the network in torch, `fit` trains it, `evaluate` measures it on pages of hosts it has not seen. None of
this is needed to use the library.
"""
