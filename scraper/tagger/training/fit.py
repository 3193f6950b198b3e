"""Training: the vocabulary, the loss, and the training loop."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scraper.tagger.features import Vocabulary, class_words, edge_words, link_words
from scraper.tagger.network import KINDS
from scraper.tagger.training.alignment import words
from scraper.tagger.training.augment import augment
from scraper.tagger.training.corpus import UNKNOWN_KIND, Example
from scraper.tagger.training.net import Net, join

__all__ = [
    "Recipe",
    "answer",
    "build_targets",
    "build_vocabulary",
    "fit",
    "has_gold",
    "is_usable",
    "label_weights",
    "make_deterministic",
    "total_loss",
]

BATCH, RATE, TABLE_RATE, DECAY = 16, 3e-3, 3.0, 0.02
CLASSES, WORDS, LINKS = 1200, 1500, 600
WORD_WEIGHT, BLOCK_WEIGHT, KIND_WEIGHT, F1_WEIGHT, VERDICT_WEIGHT, SOFT_WEIGHT = 2.0, 0.25, 2.0, 1.0, 0.5, 0.5
RARE = 0.3
"""The exponent of label weights: a label weighs its share to the power of minus this."""
LONGEST = 1500
"""The most blocks of a page used for training."""

STEMS = (
    "comment disqus relat recommend popular trending mostread sidebar promo advert sponsor newsletter subscri"
    " signup testimonial teaser excerpt share social follow footer copyright breadcrumb crumb header menu nav"
    " author byline bio caption credit gallery carousel slid figure photo image standfirst subtitle summary intro"
    " dek lead headline heading title date time meta categor topic keyword tags readmore cookie consent gdpr modal"
    " popup overlay paywall login search button btn cta rating review product price quote faq accordion table"
    " richtext paragraph prose wysiwyg markdown article story post entry body content text main feed archive next"
    " prev pagin disclaimer legal privacy donat support video player embed tweet hidden hide screen print mobile"
    " desktop outbrain taboola widget card grid list item form tab"
).split()
"""Class words too rare for a vector of their own share that of the first stem that they contain."""


class Recipe(NamedTuple):
    """The settings of one training run."""

    seed: int
    epochs: int


def build_vocabulary(examples: Sequence[Example]) -> Vocabulary:
    """Return a vocabulary of the words that occur on the most hosts."""
    classes: dict[str, set[str]] = {}
    edges: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    for example in examples:
        document, host = example.document, example.host
        keys = {(element.tag, element.names) for element in document.elements}
        keys |= {("", block.inline) for block in document.blocks}
        texts = [text for block in document.blocks for text in (block.text[:40], block.text[-24:])]
        urls = {block.links[0].url or "" for block in document.blocks if block.links}
        for tokens, hosts in ((class_words(keys), classes), (edge_words(texts), edges), (link_words(urls), links)):
            for word in set(tokens) - {"", "\n"}:
                hosts.setdefault(word, set()).add(host)
    ranked = _most(classes, CLASSES)
    stems = {stem: ranked.setdefault(stem, len(ranked) + 1) for stem in STEMS}
    for word in sorted(classes):
        if word not in ranked and (stem := next((stem for stem in STEMS if stem in word), None)):
            ranked[word] = stems[stem]
    return Vocabulary({"\n": -1} | ranked, {"\n": -1} | _most(edges, WORDS), {"\n": -1} | _most(links, LINKS))


def _most(hosts: dict[str, set[str]], number: int) -> dict[str, int]:
    ranked = sorted((word for word in hosts if len(hosts[word]) > 1), key=lambda word: (-len(hosts[word]), word))
    return {word: index + 1 for index, word in enumerate(ranked[:number])}


class Targets(NamedTuple):
    """The targets of a batch."""

    story: Tensor
    weight: Tensor
    """The weight of each block in the loss of the story."""
    matched: Tensor
    """The number of words of each block that the body has; `length` is the number of all its words."""
    length: Tensor
    kind: Tensor
    kind_weight: Tensor
    shares: Tensor
    """The weighted chances of the labels in the soft targets, or zeros."""
    verdict: Tensor


def build_targets(examples: Sequence[Example], weights: NDArray[np.float32]) -> Targets:
    """Return the targets of a batch of pages; `weights` are those of the labels."""
    rows: list[tuple[NDArray[np.float32], ...]] = []
    for example in examples:
        target, trust = _target(example)
        number = np.array([len(words(block.text)) for block in example.document.blocks], np.float32)
        size = max(float((number * target * (trust > 0)).sum()), 50.0)
        weight = (WORD_WEIGHT * number / size + BLOCK_WEIGHT / np.sqrt(len(number))) * trust
        full = float((trust > 0).all())
        is_labelled = example.kind != UNKNOWN_KIND
        balance = np.where(is_labelled, weights[example.kind.clip(min=0)], 0.0) / len(number)
        rows.append((target, weight, number * target * full, number * full, example.kind, balance, _shares(example)))
    story, weight, matched, length, kind, kind_weight, shares = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    floats = [torch.from_numpy(array.astype(np.float32)) for array in (story, weight, matched, length)]
    return Targets(
        *floats,
        torch.from_numpy(kind.astype(np.int64)),
        torch.from_numpy(kind_weight.astype(np.float32)),
        torch.from_numpy(shares),
        torch.tensor([example.verdict for example in examples]),
    )


def _target(example: Example) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the share of the story in each block, and its weight, 0 to 1."""
    target = example.target
    if example.soft is None:
        return np.maximum(target, 0), (target >= 0).astype(np.float32)
    soft = example.soft[:, 0]
    return np.where(target < 0, soft, 0.7 * target + 0.3 * soft).astype(np.float32), np.where(
        target < 0, 0.5, 1.0
    ).astype(np.float32)


def _shares(example: Example) -> NDArray[np.float32]:
    if example.soft is None:
        return np.zeros((len(example.kind), len(KINDS)), np.float32)
    weight = np.where(example.kind == UNKNOWN_KIND, 1.0, 0.3) / len(example.kind)
    return (example.soft[:, 1:] * weight[:, None]).astype(np.float32)


def total_loss(out: Tensor, verdict: Tensor, page: Tensor, targets: Targets) -> Tensor:
    """Return the sum of the losses of the body, of its F1 by words, of the labels, and of the verdicts."""
    pages = len(verdict)
    story_loss = functional.binary_cross_entropy_with_logits(out[:, 0], targets.story, reduction="none")
    body_loss = (story_loss * targets.weight).sum() / pages
    chance = torch.sigmoid(out[:, 0])
    common, predicted, expected = (
        torch.zeros(pages).index_add(0, page, values)
        for values in (chance * targets.matched, chance * targets.length, targets.matched)
    )
    f1_loss = torch.where(expected > 0, 1 - 2 * common / (predicted + expected + 1), 0.0).mean()
    log_chance = functional.log_softmax(out[:, 1:], 1)
    label_losses = functional.nll_loss(log_chance, targets.kind, reduction="none", ignore_index=UNKNOWN_KIND)
    label_loss = (
        (label_losses * targets.kind_weight).sum() - SOFT_WEIGHT * (log_chance * targets.shares).sum()
    ) / pages
    verdict_loss = functional.cross_entropy(verdict, targets.verdict, reduction="sum", ignore_index=-1) / pages
    return body_loss + F1_WEIGHT * f1_loss + KIND_WEIGHT * label_loss + VERDICT_WEIGHT * verdict_loss


def label_weights(examples: Sequence[Example]) -> NDArray[np.float32]:
    """Return the weight of each label; rare ones weigh more."""
    kinds = np.concatenate([example.kind for example in examples])
    share = np.bincount(kinds[kinds >= 0], minlength=len(KINDS)) + 1.0
    share /= share.sum()
    weight = share**-RARE
    return (weight / (weight * share).sum()).astype(np.float32)


def make_deterministic() -> None:
    """Make the numbers of this process depend on the seed alone."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def has_gold(example: Example) -> bool:
    """Return whether something of a page can be learned."""
    return example.verdict >= 0 or bool((example.target >= 0).any() or (example.kind >= 0).any())


def is_usable(example: Example) -> bool:
    """Return whether a page is short enough for training."""
    return len(example.document.blocks) <= LONGEST


def fit(examples: Sequence[Example], vocab: Vocabulary, recipe: Recipe) -> Net:
    """Return a network trained on pages with features."""
    torch.manual_seed(recipe.seed)
    order = np.random.default_rng(recipe.seed)
    dense = np.concatenate([example.features.dense for example in examples if example.features])
    mean, scale = dense.mean(0), 1 / (dense.std(0) + 1e-2)
    net = Net(vocab, torch.from_numpy(mean), torch.from_numpy(scale.astype(np.float32)))
    weights = label_weights(examples)
    steps = recipe.epochs * -(-len(examples) // BATCH)
    tables = [net.names.weight, net.words.weight, net.links.weight]
    layers = [
        tensor for name, tensor in net.named_parameters() if name.split(".")[0] not in ("names", "words", "links")
    ]
    optimizer = torch.optim.AdamW([{"params": layers}, {"params": tables}], RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [RATE, TABLE_RATE * RATE], total_steps=steps, pct_start=0.15
    )
    for _ in range(recipe.epochs):
        net.train()
        for pages in _batches(examples, vocab, order):
            batch = join([example.features for example in pages if example.features])
            out, verdict = net(batch)
            optimizer.zero_grad()
            total_loss(out, verdict, batch.page, build_targets(pages, weights)).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return net.eval()


def _batches(examples: Sequence[Example], vocab: Vocabulary, order: np.random.Generator) -> Iterator[list[Example]]:
    """Yield the augmented pages of an epoch in batches."""
    shuffled = order.permutation(len(examples))
    for start in range(0, len(examples), BATCH):
        chosen = [examples[i] for i in shuffled[start : start + BATCH]]
        donors = [examples[int(i)] for i in order.integers(0, len(examples), len(chosen))]
        yield [augment(example, donor, vocab, order) for example, donor in zip(chosen, donors, strict=True)]


def answer(net: Net, example: Example) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a network's logits for the blocks of a page, and for the page."""
    assert example.features is not None
    with torch.no_grad():
        out, verdict = net(join([example.features]))
    return out.numpy(), verdict.numpy()[0]
