"""The training command turns six small pages into weights that label pages."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from scraper.segment.html import segment_html
from scraper.tagger.features import featurise
from scraper.tagger.network import Network, predict
from scraper.tagger.training import corpus
from scraper.tagger.training.alignment import align

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[train]'")

from scraper.tagger.training import __main__ as command  # noqa: E402 - imports torch
from scraper.tagger.training import readings  # noqa: E402
from scraper.tagger.training.augment import augment  # noqa: E402
from scraper.tagger.training.net import Net, join  # noqa: E402

STORIES = {
    "harbor": "The harbor authority closed the outer pier on Monday until divers have looked at its piles.",
    "bridge": "The bridge over the sound opens to lorries again after eleven weeks of repairs to its deck.",
    "ferry": "The night ferry sails again from April, and tickets for the first week are already sold out.",
    "school": "The island's school reopens with nine pupils and one teacher, who moved there in the autumn.",
    "salt": "The salt works will close as its last buyer leaves, and forty people will look for other work.",
    "lamp": "The old lighthouse gets a new lamp after forty years, paid for by those who live beside it.",
}
HOSTS = {name: f"host{number // 2}" for number, name in enumerate(STORIES)}
"""Two pages a host."""


def _page(name: str, text: str) -> tuple[str, list[list[str]]]:
    """Return a page and the label of each of its blocks."""
    more = [f"A story about the {other} that readers of the {name} like" for other in STORIES if other != name]
    lines = [
        ("navigation", "<nav><ul><li><a href='/'>Home</a></li></ul></nav>", "Home"),
        ("headline", f"<article><h1>News of the {name}</h1>", f"News of the {name}"),
        ("byline", "<p class=byline>By Ada Lund</p>", "By Ada Lund"),
        *(("body", f"<p>{text} Part {n} of the report.</p>", f"{text} Part {n} of the report.") for n in range(4)),
        ("list_heading", "</article><aside><h2>Related</h2><ul>", "Related"),
        *(("related", f"<li><a href='/{n}'>{title}</a></li>", title) for n, title in enumerate(more)),
        ("footer", "</ul></aside><footer>Copyright Coast Post</footer>", "Copyright Coast Post"),
    ]
    return "<title>News</title><body>" + "".join(html for _, html, _ in lines), [
        [label, text] for label, _, text in lines
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set" / "pages").mkdir(parents=True)
    (tmp_path / "blocks").mkdir()
    gold, labels = [], []
    for name, text in STORIES.items():
        html, blocks = _page(name, text)
        (tmp_path / "set" / "pages" / f"{name}.html.gz").write_bytes(gzip.compress(html.encode()))
        body = "\n".join(item for label, item in blocks if label == "body")
        gold.append(
            {"page": name, "url": f"http://{HOSTS[name]}.test/news/1", "body": body, "headline": f"News of the {name}"}
        )
        labels.append({"set": "set", "page": name, "url": None, "kind": "article", "blocks": blocks})
    (tmp_path / "set" / "gold.jsonl").write_text("\n".join(map(json.dumps, gold)))
    with gzip.open(tmp_path / "blocks" / "labels.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, labels)))
    return tmp_path


def _weights(folder: Path) -> dict[str, np.ndarray]:
    stored = {}
    for file in folder.glob("*.npz"):
        with np.load(file) as arrays:
            stored |= {f"{file.stem}.{key}": array for key, array in arrays.items()}
    return stored


@pytest.mark.parametrize("kind", ["html", "text"])
def test_pages_become_the_same_weights_each_time(
    folder: Path, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [str(folder), "--epochs", "2", "--lists", "4", "--jobs", "1", "--teachers", "2", "--site-epochs", "1"]
    stored = ["--readings", str(folder / "readings")]
    for name, more in (("fresh", []), ("storing", stored)):
        (folder / name).mkdir()
        command.main([*arguments, "--kind", kind, "--into", str(folder / name), *more])
    weights, same = _weights(folder / "fresh"), _weights(folder / "storing")
    assert weights.keys() == same.keys()
    assert all((weights[key] == same[key]).all() for key in weights)
    printed = capsys.readouterr().out
    assert f"{kind}: 14 pages" in printed
    assert "over 2 seeds" in printed
    assert "label byline" in printed
    assert "of lists taken for stories" in printed
    for measure in ("words, corpus,  1 other pages", "words of labelled blocks, set", "lists, recall", "label date"):
        assert (f"site, all features, {measure}: alone " in printed) == (kind == "html" and measure != "label date")
    assert {key.partition(".")[0] for key in weights} == ({"html", "site"} if kind == "html" else {"text"})
    if kind == "html":
        (folder / "again").mkdir()
        monkeypatch.delattr(readings, "fit")  # stored readings are not made again
        command.main([*arguments, "--kind", "site", "--into", str(folder / "again"), *stored])
        again = _weights(folder / "again")
        assert {key for key in weights if key.startswith("site.")} == set(again)
        assert all((weights[key] == again[key]).all() for key in again)


def test_bodies_of_compiled_posts_are_for_the_site_layer_alone(folder: Path) -> None:
    *others, post = command.read(folder, "html", None, 0)[1]
    pages = command.for_first_stage([*others, post._replace(folder="sites")])
    assert (pages[-1].target == corpus.UNKNOWN).all()
    assert (post.target == 1).sum() == 4
    assert all((page.target == other.target).all() for page, other in zip(pages[:-1], others, strict=True))


def test_the_network_gives_the_same_in_numpy_and_in_torch(folder: Path) -> None:
    vocabulary, examples = command.read(folder, "html", None, 2)
    torch.manual_seed(3)
    net = Net(
        vocabulary, torch.zeros(examples[0].features.dense.shape[1]), torch.ones(examples[0].features.dense.shape[1])
    ).eval()
    command.save(folder / "weights.npz", vocabulary, net, [1.0, 0.0])
    with np.load(folder / "weights.npz") as arrays:
        weights = {key: np.asarray(array, np.float32) for key, array in arrays.items() if array.dtype.kind == "f"}
    with torch.no_grad():
        out, verdict = net(join([item.features for item in examples[:3]]))
    rows = 0
    for number, example in enumerate(examples[:3]):
        output = predict(example.features, Network(vocabulary, weights, np.ones(2)).weights)
        expected = out[rows : rows + len(output.story)].numpy()
        rows += len(output.story)
        assert np.allclose(output.story, expected[:, 0], atol=0.02)
        assert np.allclose(output.kinds, expected[:, 1:], atol=0.02)
        assert np.allclose(output.verdict, verdict[number].numpy(), atol=0.02)


def test_labels_are_found_by_text_in_order_and_by_the_opening_where_blocks_were_cut_anew() -> None:
    document = segment_html(
        "<p>Same</p><p>A long paragraph that has since been cut in two</p><p>Same</p><p>Unknown</p>"
    )
    labels = [
        ["navigation", "Same"],
        ["body", "A long paragraph that has since been cut in two parts."],
        ["footer", "Same"],
    ]
    names = [str(corpus.KINDS[kind]) if kind >= 0 else None for kind in corpus.label_blocks(document.blocks, labels)]
    assert names == ["navigation", "body", "footer", None]


def test_a_gold_body_is_found_among_blocks_in_its_order() -> None:
    texts = ["Harbor", "The pier stays closed until May.", "Harbor", "It needs new piles.", "Copyright Coast Post"]
    assert align(texts, "Harbor\nThe pier stays closed until May.\nIt needs new piles.").tolist() == [1, 1, 0, 1, 0]


def test_a_changed_page_has_as_many_targets_as_blocks_and_its_elements_in_order(folder: Path) -> None:
    vocabulary, examples = command.read(folder, "html", None, 0)
    order = np.random.default_rng(5)
    sizes = set()
    for _ in range(60):
        page = augment(examples[0], examples[1], vocabulary, order)
        assert len(page.document.blocks) == len(page.target) == len(page.kind) == len(page.features.dense)
        assert all(element.parent < index for index, element in enumerate(page.document.elements))
        assert featurise(page.document, vocabulary).dense.shape == page.features.dense.shape
        sizes.add(len(page.target))
    assert len(sizes) > 3
