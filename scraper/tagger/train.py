"""Train the labeller: `python -m scraper.tagger.train FOLDER` reads the pages with gold and writes the weights.

Needs torch, and resiliparse for the flattened twin of each page; the library itself needs neither. The same seed gives
the same weights on the same machine. Before it trains on all pages it trains once for each fifth of the hosts, on the
other four, prints the figures on what was held out, and takes the calibration from there.
"""

import argparse
import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scraper.block import Document, Element, Head
from scraper.decode import decode
from scraper.plaintext import segment_text
from scraper.segment import segment_html
from scraper.tagger import OF_STORY, read_out
from scraper.tagger.features import COLUMNS, Bags, Features, Vocabulary, class_words, featurise, first_words
from scraper.tagger.gold import Page, read_pages, targets, words
from scraper.tagger.model import DILATIONS, KINDS, NAME_SIZE
from scraper.tagger.silver import kinds, kinds_of_lines

FOLDS = 5
BATCH = 12
RATE = 3e-3
WIDTH = 64
SAID = 16
ABOVE_SIZE, WORD_SIZE = 16, 16
CLASSES, WORDS = 1000, 1000
GAP = max(DILATIONS)
DOUBTED = 0.03
"""The share of pages whose gold is not believed."""
CHANGED = 0.6
"""The share of pages that are changed each time they are learnt from."""
DROP, FORGET, DECAY, MASK = 0.2, 0.15, 0.02, 0.1
TABLE_RATE = 3.0
UNKNOWN_KIND = -100
WORD_WEIGHT, BLOCK_WEIGHT, KIND_WEIGHT = 2.0, 0.25, 0.3
GUESS_WEIGHT, SEGMENT_WEIGHT = 0.5, 2.0


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
"""Class words that are too rare to be learnt alone are read as the first of these that they hold."""


class Recipe(NamedTuple):
    """How one net of a model is trained. The nets differ in their loss, so that their faults do."""

    seed: int
    epochs: int
    f1_weight: float
    """What the page's F1 by words counts beside the loss of the blocks."""
    guess_at: tuple[int, ...]
    """The epochs before which the net guesses the blocks of which the gold says nothing, and then learns from that."""
    changes: bool = False
    """Whether pages are changed, as `changed` does."""
    doubt_at: int | None = None
    """The epoch before which the pages are left out whose gold the net contradicts most."""


RECIPES = {
    "html": (Recipe(1, 8, 1.0, (4,)), Recipe(2, 9, 1.0, (4,), changes=True, doubt_at=4)),
    "text": (Recipe(1, 10, 0.0, (4, 7)),),
}


class Example(NamedTuple):
    """A page ready to be learnt from."""

    page: Page
    host: str
    document: Document
    target: NDArray[np.float32]
    kind: NDArray[np.int64]
    features: Features | None = None
    guess: NDArray[np.float32] | None = None
    """What a half-trained net thinks of the blocks of which the gold says nothing."""


# ---------------------------------------------------------------- pages


def read(root: Path, as_text: bool) -> list[Example]:
    """Read all pages with gold, as HTML or flattened."""
    found = []
    for page in read_pages(root):
        document = segment_html(decode(page.html), page.url)
        if not document.blocks:
            continue
        target = targets(document, page.gold)
        kind = kinds(document, target, page.gold)
        host = host_of(page.url or document.head.canonical or document.head.meta.get("og:url") or page.name)
        if as_text:
            lines = segment_text(flatten(page.html), page.url)
            if not lines.blocks:
                continue
            kind = kinds_of_lines(lines, document, kind)
            document, target = lines, targets(lines, page.gold)
        found.append(Example(page, host, document, target, kind))
    return found


def flatten(html: bytes) -> str:
    """Give the visible lines of a page, as a WET file or a text browser has them."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    text = bytes_to_str(html, detect_encoding(html))
    return str(extract_plain_text(text, main_content=False, alt_texts=False, list_bullets=True))


def host_of(url: str) -> str:
    """Give the registered domain, nearly: the last two labels, or three where the last but one is short (co.uk)."""
    labels = (urlsplit(url).hostname or url).split(".")
    number = 3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else 2
    return ".".join(labels[-number:])


def vocabulary(examples: Sequence[Example]) -> Vocabulary:
    """Take the class words and first words that stand on pages of the most hosts."""
    classes: dict[str, set[str]] = {}
    begin: dict[str, set[str]] = {}
    for example in examples:
        document = example.document
        keys = {(element.tag, element.names) for element in document.elements}
        keys |= {("", block.inline) for block in document.blocks}
        for word in set(class_words(keys)) - {"", "\n"}:
            classes.setdefault(word, set()).add(example.host)
        for word in set(first_words([block.text for block in document.blocks])) - {"\n"}:
            begin.setdefault(word, set()).add(example.host)
    ranked = _most(classes, CLASSES)
    stems = {stem: ranked.setdefault(stem, len(ranked) + 1) for stem in STEMS}
    for word in sorted(classes):
        if word not in ranked and (stem := next((stem for stem in STEMS if stem in word), None)):
            ranked[word] = stems[stem]
    return Vocabulary({"\n": -1} | ranked, {"\n": -1} | _most(begin, WORDS))


def _most(hosts: dict[str, set[str]], number: int) -> dict[str, int]:
    ranked = sorted(hosts, key=lambda word: (-len(hosts[word]), word))[:number]
    return {word: index + 1 for index, word in enumerate(ranked)}


# ---------------------------------------------------------------- batches


class Batch(NamedTuple):
    """Pages one after the other, with `GAP` empty rows after each."""

    dense: Tensor
    real: Tensor
    names: tuple[Tensor, Tensor]
    name_of: Tensor
    parent: Tensor
    leaf: Tensor
    inline: Tensor
    words: tuple[Tensor, Tensor]
    heading: Tensor
    groups: Tensor
    target: Tensor
    kind: Tensor
    weight: Tensor
    matched: Tensor
    length: Tensor
    page: Tensor


def batch(examples: Sequence[Example]) -> Batch:
    """Join some pages."""
    fields: dict[str, list[Any]] = {name: [] for name in Batch._fields}
    rows = 0
    sizes = Counter[str]()
    for number, example in enumerate(examples):
        f = example.features
        assert f is not None
        n = len(f.dense)
        at = torch.arange(rows, rows + n)
        fields["real"].append(at)
        fields["dense"].append(torch.from_numpy(f.dense))
        for name in ("names", "words"):
            bags: Bags = getattr(f, name)
            fields[name].append((torch.from_numpy(bags.flat), torch.from_numpy(bags.starts) + sizes[name]))
            sizes[name] += len(bags.flat)
        fields["name_of"].append(torch.from_numpy(f.name_of) + sizes["name rows"])
        fields["inline"].append(torch.from_numpy(f.inline) + sizes["name rows"])
        fields["leaf"].append(torch.from_numpy(f.leaf) + sizes["elements"])
        fields["parent"].append(torch.from_numpy(f.parent) + sizes["elements"])
        fields["heading"].append(
            torch.where(torch.from_numpy(f.heading) < 0, -1, torch.from_numpy(f.heading) + sizes["rows"])
        )
        fields["groups"].append(torch.from_numpy(f.groups.T) + sizes["rows"])
        sizes.update({"name rows": len(f.names.starts), "elements": len(f.parent), "rows": n})
        rows += n + GAP
        weight, matched, length = weights_of(example)
        kind = np.where(example.target < 0, UNKNOWN_KIND, example.kind)
        for name, value in (("target", filled(example)), ("kind", kind), ("weight", weight)):
            fields[name].append(torch.from_numpy(value))
        fields["matched"].append(torch.from_numpy(matched))
        fields["length"].append(torch.from_numpy(length))
        fields["page"].append(torch.full((n,), number))
    for name in ("names", "words"):
        flat, starts = zip(*fields[name], strict=True)
        fields[name] = [torch.cat(flat), torch.cat(starts)]
    joined = {k: tuple(v) if k in ("names", "words") else torch.cat(v) for k, v in fields.items()}
    return Batch(**joined)


def filled(example: Example) -> NDArray[np.float32]:
    """Give the targets, with guesses where the gold does not say."""
    guess = 0.0 if example.guess is None else example.guess
    return np.where(example.target < 0, guess, example.target).astype(np.float32)


def weights_of(example: Example) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Give each block's weight in the loss, and how many words of it the body has and how many it has at all."""
    number = np.array([len(words(block.text)) for block in example.document.blocks], np.float32)
    target = filled(example)
    size = max(float((number * target).sum()), 50.0)
    weight = WORD_WEIGHT * number / size + BLOCK_WEIGHT / np.sqrt(len(number))
    trust = np.where(example.target >= 0, 1.0, 0.0 if example.guess is None else GUESS_WEIGHT)
    if (example.target < 0).any():
        trust *= np.where(example.target >= 0, SEGMENT_WEIGHT, 1.0)
    return (weight * trust).astype(np.float32), number * target, number


# ---------------------------------------------------------------- the net


GROUPS = (
    r"share of|first is|last is",
    r"level 1",
    r"level 2",
    r"level 3|level 4",
    r"(?:before|in|after) 0",
    r"path",
    r"title|in the title",
    r".*desc",
    r".*declared",
    r"place|prose (?:before|share of)|length before|from|after the|before the",
    r"link|all link|.*heading",
)
"""Columns that tell of one thing; in training one group or another is hidden for a page."""
GROUP_OF = torch.tensor(
    [next((i for i, pattern in enumerate(GROUPS, 1) if re.match(pattern, column)), 0) for column in COLUMNS]
)


class Net(nn.Module):
    """The model of `scraper.tagger.model`, to be trained."""

    def __init__(self, known: Vocabulary, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        classes, begin = (max(each.values()) + 1 for each in known)
        self.names = nn.EmbeddingBag(classes, 4 * NAME_SIZE + ABOVE_SIZE, mode="sum", padding_idx=0)
        self.words = nn.EmbeddingBag(begin, WORD_SIZE, mode="sum", padding_idx=0)
        for table in (self.names, self.words):
            nn.init.normal_(table.weight, std=0.1)
            with torch.no_grad():
                table.weight[0] = 0
        size = len(COLUMNS) + 4 * NAME_SIZE + ABOVE_SIZE + 2 * WORD_SIZE
        self.input = nn.Linear(size, WIDTH)
        self.convs = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in DILATIONS])
        self.say = nn.ModuleList([nn.Linear(WIDTH, SAID, bias=False) for _ in range(len(DILATIONS) // 2)])
        self.hear = nn.ModuleList([nn.Linear(3 * SAID, WIDTH) for _ in range(len(DILATIONS) // 2)])
        self.output = nn.Linear(WIDTH, 1 + len(KINDS))
        self.drop = nn.Dropout(DROP)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, b: Batch) -> Tensor:
        hidden = self.drop(functional.relu(self.input(self.inputs(b))))
        for layer, dilation in enumerate(DILATIONS):
            hidden = hidden + self.drop(functional.relu(self.convs[layer](neighbours(hidden, b.real, dilation))))
            if layer % 2:
                said = self.say[layer // 2](hidden)
                heard = torch.cat([group_mean(said, b.groups[:, g]) for g in range(3)], 1)
                hidden = hidden + self.drop(functional.relu(self.hear[layer // 2](heard)))
        return self.output(hidden)

    def inputs(self, b: Batch) -> Tensor:
        names = self.names(self.some(b.names[0]), b.names[1])
        around = b.parent[b.leaf]
        at = (b.name_of[b.leaf], b.name_of[around], b.name_of[b.parent[around]], b.inline)
        named = [names[of, s * NAME_SIZE : (s + 1) * NAME_SIZE] for s, of in enumerate(at)]
        above = summed_up(names[b.name_of, 4 * NAME_SIZE :], b.parent)[around]
        first = self.words(self.some(b.words[0]), b.words[1])
        heading = torch.where(b.heading[:, None] < 0, 0.0, first[b.heading.clamp(min=0)])
        dense = (b.dense - self.mean) * self.scale
        if self.training:
            pages = int(b.page[-1]) + 1
            dense = dense * (torch.rand(pages, int(GROUP_OF.max()) + 1) >= MASK)[:, GROUP_OF][b.page]
            seen = [(torch.rand(pages, 1) >= MASK)[b.page] for _ in range(3)]
            named, above, first = [each * seen[0] for each in named], above * seen[1], first * seen[2]
        return torch.cat([dense, *named, above, first, heading], 1)

    def some(self, indices: Tensor) -> Tensor:
        """In training, forget some words."""
        if not self.training:
            return indices
        return torch.where(torch.rand(len(indices)) < FORGET, 0, indices)


def summed_up(values: Tensor, parent: Tensor) -> Tensor:
    """Add to each element's values those of all around it, the page's own left out."""
    top = parent == torch.arange(len(parent))
    values = torch.where(top[:, None], 0.0, values)
    while not top[parent].all():
        values = values + torch.where(top[parent][:, None], 0.0, values[parent])
        parent = parent[parent]
    return values


def neighbours(hidden: Tensor, real: Tensor, dilation: int) -> Tensor:
    """Join each row with those `dilation` before and after on its page."""
    spread = hidden.new_zeros((int(real[-1]) + 1 + 2 * GAP, hidden.shape[1]))
    spread = spread.index_copy(0, real + GAP, hidden)
    return torch.cat([spread[real + GAP - dilation], hidden, spread[real + GAP + dilation]], 1)


def group_mean(values: Tensor, group: Tensor) -> Tensor:
    """Give each row the mean of its group."""
    size = int(group.max()) + 1
    total = values.new_zeros((size, values.shape[1])).index_add(0, group, values)
    number = torch.bincount(group, minlength=size).clamp(min=1)
    return (total / number[:, None])[group]


def loss_of(out: Tensor, b: Batch, f1_weight: float) -> Tensor:
    """Cross entropy by words and by blocks; what of the page's F1 by words is missing; the kinds."""
    keep = functional.binary_cross_entropy_with_logits(out[:, 0], b.target, reduction="none")
    pages = int(b.page[-1]) + 1
    by_word = (keep * b.weight).sum() / pages
    chance = torch.sigmoid(out[:, 0])
    common, found, wanted = (
        torch.zeros(pages).index_add(0, b.page, each) for each in (chance * b.matched, chance * b.length, b.matched)
    )
    missed = (1 - 2 * common / (found + wanted + 1)).mean()
    kind = functional.cross_entropy(out[:, 1:], b.kind, reduction="none", ignore_index=UNKNOWN_KIND)
    by_kind = (kind / torch.bincount(b.page)[b.page]).sum() / pages
    return by_word + f1_weight * missed + KIND_WEIGHT * by_kind


def fit(examples: Sequence[Example], known: Vocabulary, recipe: Recipe) -> Net:
    """Train a net on some pages."""
    torch.manual_seed(recipe.seed)
    order = np.random.default_rng(recipe.seed)
    dense = np.concatenate([example.features.dense for example in examples if example.features])
    mean, scale = dense.mean(0), 1 / (dense.std(0) + 1e-2)
    net = Net(known, torch.from_numpy(mean), torch.from_numpy(scale.astype(np.float32)))
    steps = recipe.epochs * -(-len(examples) // BATCH)
    tables = [net.names.weight, net.words.weight]
    others = [each for name, each in net.named_parameters() if name not in ("names.weight", "words.weight")]
    optimizer = torch.optim.AdamW([{"params": others}, {"params": tables}], RATE, weight_decay=DECAY)
    rates = [RATE, TABLE_RATE * RATE]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps, pct_start=0.15)
    for epoch in range(recipe.epochs):
        if epoch == recipe.doubt_at:
            examples = believed(net.eval(), examples)
        if epoch in recipe.guess_at:
            examples = [guessed(net.eval(), example) for example in examples]
        net.train()
        shuffled = order.permutation(len(examples))
        for start in range(0, len(examples), BATCH):
            some = [examples[i] for i in shuffled[start : start + BATCH]]
            joined = batch([changed(each, known, order) for each in some] if recipe.changes else some)
            optimizer.zero_grad()
            loss_of(net(joined), joined, recipe.f1_weight).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return net.eval()


def believed(net: Net, examples: Sequence[Example]) -> list[Example]:
    """Leave out the pages whose gold the net contradicts though it learnt from it: most of such gold is at fault."""
    scores = [agreement(net, example) for example in examples]
    limit = sorted(scores)[int(DOUBTED * len(scores))]
    return [example for example, score in zip(examples, scores, strict=True) if score >= limit]


def agreement(net: Net, example: Example) -> float:
    """Give F1 by words of what the net would keep, 1 where the gold marks segments only."""
    if (example.target < 0).any():
        return 1.0
    _, matched, length = weights_of(example)
    chance = 1 / (1 + np.exp(-answer(net, example)[:, 0].clip(-30, 30)))
    return float(2 * (chance * matched).sum() / ((chance * length).sum() + matched.sum() + 1))


def changed(example: Example, known: Vocabulary, order: np.random.Generator) -> Example:
    """Give the page as another site might have it: with less text, with class names or the head unknown."""
    if order.random() > CHANGED:
        return example
    document = example.document
    body = filled(example) > 0.5
    keep = _with_gap(body, order) & _with_gap(~body, order)
    blocks = tuple(block for block, kept in zip(document.blocks, keep.tolist(), strict=True) if kept)
    elements = _unnamed(document.elements, order) if order.random() < 0.35 else document.elements
    head = Head() if order.random() < 0.25 else document.head
    document = Document(blocks, elements, head)
    return Example(
        example.page,
        example.host,
        document,
        example.target[keep],
        example.kind[keep],
        featurise(document, known),
        None if example.guess is None else example.guess[keep],
    )


def _with_gap(side: NDArray[np.bool_], order: np.random.Generator) -> NDArray[np.bool_]:
    """Leave out a run of the blocks of one side, now and then; True is what stays."""
    keep = np.ones(len(side), bool)
    places = np.flatnonzero(side)
    if len(places) > 4 and order.random() < 0.4:
        number = int(len(places) * order.uniform(0.15, 0.75))
        start = int(order.integers(0, len(places) - number + 1))
        keep[places[start : start + number]] = False
    return keep


def _unnamed(elements: Sequence[Element], order: np.random.Generator) -> tuple[Element, ...]:
    """Forget some class names of a page, or all."""
    share = order.choice([0.3, 0.6, 1.0])
    gone = {names for names in sorted({each.names for each in elements}) if order.random() < share}
    return tuple(Element(each.tag, " ", each.parent) if each.names in gone else each for each in elements)


def guessed(net: Net, example: Example) -> Example:
    """Note what the net thinks of the blocks of which the gold says nothing."""
    if (example.target >= 0).all():
        return example
    return example._replace(guess=1 / (1 + np.exp(-answer(net, example)[:, 0].clip(-30, 30))))


def answer(net: Net, example: Example) -> NDArray[np.float32]:
    """Give the net's logits for a page."""
    with torch.no_grad():
        return net(batch([example])).numpy()


# ---------------------------------------------------------------- held out


def held_out(examples: Sequence[Example], known: Vocabulary, recipes: Sequence[Recipe]) -> list[NDArray[np.float32]]:
    """Give each page the mean logits of nets that saw no page of its host."""
    found: dict[int, NDArray[np.float32]] = {}
    for fold in range(FOLDS):
        seen = [example for example in examples if fold_of(example) != fold and usable(example)]
        nets = [fit(seen, known, recipe) for recipe in recipes]
        for index, example in enumerate(examples):
            if fold_of(example) == fold:
                found[index] = np.mean([answer(net, example) for net in nets], axis=0)
    return [found[index] for index in range(len(examples))]


def fold_of(example: Example) -> int:
    """Hosts are dealt out by a hash of their name."""
    return zlib.crc32(example.host.encode()) % FOLDS


def usable(example: Example) -> bool:
    """A page whose gold is not on it teaches nothing, and one that is no article the wrong thing."""
    said = bool((example.target > 0.5).any() or (example.target < 0).any())
    return said and example.page.gold.get("type", "article") == "article"


def calibrated(examples: Sequence[Example], logits: Sequence[NDArray[np.float32]]) -> list[float]:
    """Give scale and shift by which a logit becomes a probability."""
    pairs = [(example.target, out[:, 0]) for example, out in zip(examples, logits, strict=True)]
    target, logit = (np.concatenate(each) for each in zip(*pairs, strict=True))
    known = target >= 0
    target, logit = torch.from_numpy(target[known]), torch.from_numpy(logit[known])
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=50)

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(line[0] * logit + line[1], target)
        loss.backward()
        return loss

    optimizer.step(step)
    return line.detach().tolist()


def figures(
    examples: Sequence[Example], logits: Sequence[NDArray[np.float32]], calibration: Sequence[float]
) -> dict[str, float]:
    """Give the mean of F1 by words for each set, of F1 by paragraphs, and F1 of marked segments."""
    found: dict[str, list[float]] = {}
    segments = Counter[str]()
    for example, out in zip(examples, logits, strict=True):
        if example.page.gold.get("type", "article") != "article":
            continue
        assert example.features is not None
        said = (out[:, 0], out[:, 1:])
        labelled = read_out(example.document, example.features, said, np.array(calibration))
        body = [each.block.text for each in labelled if each.label in OF_STORY]
        gold, text = example.page.gold, "\n".join(body)
        if "body" in gold:
            found.setdefault(f"{example.page.folder} words", []).append(_f1(words(text), words(gold["body"])))
        else:
            segments["hit"] += sum(segment in text for segment in gold["with"])
            segments["miss"] += sum(segment not in text for segment in gold["with"])
            segments["leak"] += sum(segment in text for segment in gold["without"])
        if "paragraphs" in gold:
            paragraphs = [" ".join(each.split()) for each in gold["paragraphs"]]
            found.setdefault(f"{example.page.folder} paras", []).append(_f1(body, paragraphs))
    mean = {name: float(np.mean(each)) for name, each in found.items()}
    mean["marked segments"] = 2 * segments["hit"] / (2 * segments["hit"] + segments["miss"] + segments["leak"])
    return mean


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted)) if common else 0.0


# ---------------------------------------------------------------- out


def save(file: Path, known: Vocabulary, nets: Sequence[Net], calibration: Sequence[float]) -> None:
    """Write vocabulary and weights, in half precision."""
    arrays: dict[str, Any] = {}
    for number, net in enumerate(nets):
        for name, tensor in net.state_dict().items():
            value = tensor.numpy().astype(np.float16)
            turned = value if name in ("names.weight", "words.weight") or value.ndim < 2 else value.T
            arrays[f"{number} {_renamed(name)}"] = turned
    for name, index in known._asdict().items():
        arrays[name] = np.array("\n".join(f"{word} {number}" for word, number in index.items() if number > 0))
    np.savez_compressed(file, **arrays, calibration=np.array(calibration, np.float32))


def _renamed(name: str) -> str:
    return re.sub(r"^(conv|say|hear)s?\.(\d)", r"\1\2", name)


def main() -> None:
    """Train, for pages and for flattened text, and write the weights beside this module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of sets, each with gold.jsonl and pages/")
    parser.add_argument("--kind", choices=sorted(RECIPES), action="append", help="train these weights only")
    parser.add_argument(
        "--out-of-fold", type=Path, metavar="FILE", help="write the held-out logits of each block there"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    kept: dict[str, dict[str, list[float]]] = {}
    for name in arguments.kind or RECIPES:
        recipes = RECIPES[name]
        examples = read(arguments.folder, name == "text")
        known = vocabulary(examples)
        examples = [each._replace(features=featurise(each.document, known)) for each in examples]
        logits = held_out(examples, known, recipes)
        calibration = calibrated(examples, logits)
        print(name, "held out:", json.dumps(figures(examples, logits, calibration)), flush=True)
        kept[name] = {
            f"{e.page.folder}/{e.page.name}": out[:, 0].tolist() for e, out in zip(examples, logits, strict=True)
        }
        nets = [fit([each for each in examples if usable(each)], known, recipe) for recipe in recipes]
        save(Path(__file__).with_name(f"{name}.npz"), known, nets, calibration)
    if arguments.out_of_fold:
        arguments.out_of_fold.write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
