"""Files that appear whole: what they replace, and what stays as it was."""

import os
from pathlib import Path

import pytest

from scraper.io.files import atomic_write, remove_temporary_files


def write(path: Path, text: str = "new") -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text)


@pytest.mark.parametrize("there", [True, False], ids=["link", "dangling link"])
def test_a_link_stays_one_and_the_file_that_it_names_is_replaced(tmp_path, there):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    if there:
        target.write_text("old")
    link.symlink_to(target)
    write(link)
    assert (link.is_symlink(), target.read_text(), os.listdir(tmp_path / "far")) == (True, "new", ["target"])


def test_a_link_to_itself_is_an_error(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links"):
        write(link)
    assert os.listdir(tmp_path) == ["link"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_permissions_are_kept(tmp_path, mode):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(mode)
    if os.access(path, os.W_OK):  # as root may
        write(path)
        assert path.read_text() == "new"
    else:
        with pytest.raises(PermissionError):
            write(path)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("size", [241, 242, 243, 250, 255])
@pytest.mark.parametrize("char", ["a", "ü"])
def test_a_name_may_be_as_long_as_the_system_allows(tmp_path, size, char):
    path = tmp_path / (char * (size // len(char.encode())))
    write(path)
    assert path.read_text() == "new"
    with atomic_write(path) as temporary:
        temporary.write_text("new")
        os.link(temporary, temporary.with_name(temporary.name[:-12] + "01234567.tmp"))  # what another death has left
    assert len(os.listdir(tmp_path)) == 2
    remove_temporary_files([path])
    assert os.listdir(tmp_path) == [path.name]


def test_a_longer_name_is_an_error(tmp_path):
    with pytest.raises(OSError, match="too long"):
        write(tmp_path / ("a" * 256))


def test_a_folder_that_holds_something_is_refused_at_once(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").touch()
    with pytest.raises(OSError, match="not empty"), atomic_write(tmp_path / "folder"):
        pytest.fail("it was begun")
