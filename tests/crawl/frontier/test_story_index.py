"""The index of stories, in SQLite and in Redis."""

from scraper.stories.identity import Story


def test_the_key_of_a_forgotten_story_is_free(store):
    store.stories.remember(Story("first", "1", {"key"}))
    store.stories.forget()
    store.stories.remember(Story("second", "2", {"key"}))
    assert store.stories.sharing({"key"}) == "second"


def test_stories_are_remembered_by_keys_and_bands(store):
    store.stories.remember(Story("1", "x", ("a", "b"), b"sign", (7, 8)))
    assert store.stories.sharing(("c", "b")) == "1"
    assert store.stories.sharing(("c",)) is None
    assert list(store.stories.near((8, 9))) == [("1", b"sign")]
    assert list(store.stories.near((9,))) == []
