"""The training corpus, read from a small one."""

import io
import json
import tarfile
from pathlib import Path

from scraper.tagger.network import ARTICLE, LISTING
from scraper.tagger.training.corpus import UNKNOWN, read_corpus


def test_a_compiled_site_gives_the_kinds_of_its_pages_and_the_bodies_of_its_posts(tmp_path: Path) -> None:
    post = (
        "<body><nav>Home</nav><h1>Ferry {0} returns</h1><p class=dek>After a month</p>"
        "<div class='prose article-body'><p>It sailed.</p><ul><li>On time</ul></div><p>More ferries</p>"
    )
    pages = {f"post-{number}.html": post.format(number) for number in range(40)} | {"index.html": "<p>All posts</p>"}
    with tarfile.open(tmp_path / "pelican-en.tar.xz", "w:xz") as archive:
        for name, page in pages.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(page)
            archive.addfile(member, io.BytesIO(page.encode()))
    facts = {"path": "/", "posts": [[f"/{name}", "", None] for name in pages if name != "index.html"]}
    (tmp_path / "pelican-en.json").write_text(json.dumps(facts))
    examples = list(read_corpus(tmp_path, sites=tmp_path))
    listing = [example for example in examples if example.verdict == LISTING]
    posts = [example for example in examples if example.verdict == ARTICLE]
    assert len(listing) == 1
    assert (listing[0].target == UNKNOWN).all()
    assert 4 <= len(posts) <= 16  # a quarter of them
    for example in posts:
        targets = dict(zip([block.text for block in example.document.blocks], example.target.tolist(), strict=True))
        assert targets.pop(f"Ferry {example.name.removeprefix('/post-').removesuffix('.html')} returns") == 0
        assert targets == {"Home": 0, "After a month": UNKNOWN, "It sailed.": 1, "On time": 1, "More ferries": 0}
