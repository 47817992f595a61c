"""The identity of a repository."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.remote import canonical, of_actions, of_remotes


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/owner/name",
        "https://github.com/owner/name.git",
        "https://github.com/owner/name/",
        "https://user:secret@GitHub.com/owner/name.git",
        "https://x-access-token:ghs_abc@github.com/owner/name",
        "https://github.com:443/owner/name",
        "https://www.github.com/owner/name",
        "http://github.com/owner/name",
        "git@github.com:owner/name.git",
        "git@github.com:/owner/name.git",
        "github.com:owner/name",
        "ssh://git@github.com/owner/name.git",
        "ssh://git@github.com:22/owner/name.git",
        "ssh://git@ssh.github.com:443/owner/name.git",
        "git://github.com/owner/name.git",
        "git+ssh://git@github.com/owner/name",
        " https://github.com/owner/name?token=1#x ",
    ],
)
def test_one_repository_has_one_name(url: str) -> None:
    assert canonical(url) == "github.com/owner/name"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/owner/owner.github.io", "github.com/owner/owner.github.io"),
        ("https://github.com/owner/owner.github.io.git", "github.com/owner/owner.github.io"),
        ("https://gitlab.com/group/sub/name.git", "gitlab.com/group/sub/name"),
        ("https://git.example.org:8443/a/b", "git.example.org:8443/a/b"),
        ("ssh://git@git.example.org:2222/a/b", "git.example.org/a/b"),
        ("https://git.sr.ht/~user/name", "git.sr.ht/~user/name"),
        ("git@git.sr.ht:~user/name", "git.sr.ht/~user/name"),
        ("https://example.org/a%20b", None),
        ("", None),
        ("/srv/git/name.git", None),
        ("../name", None),
        ("file:///srv/git/name.git", None),
        ("C:/code/name", None),
        ("ext::sh -c id", None),
        ("https://example.org", None),
        ("https://example.org/../../etc", None),
        ("https://example.org:port/a/b", None),
        ("https://[::1/a", None),
        ("https://exa mple.org/a/b", None),
        ("https://example.org/a/<img onerror>", None),
        ("https://example.org/a/\u202eb\x1b", None),
        ("-oProxyCommand=id:x", None),
    ],
)
def test_other_addresses(url: str, name: str | None) -> None:
    assert canonical(url) == name


@given(st.text())
def test_any_text_gives_a_clean_name_or_none(url: str) -> None:
    name = canonical(url)
    if name is not None:
        assert "@" not in name.partition("/")[0]
        assert not any(c.isspace() or ord(c) < 32 for c in name)


@given(st.from_regex(r"[a-z]{2,8}\.org/[a-z]{1,5}/[a-z.]{0,5}[a-z]", fullmatch=True))
def test_a_name_names_itself(name: str) -> None:
    once = canonical(f"https://{name}")
    assert once is not None
    assert canonical(f"https://{once}") == once


def test_origin_first_then_the_only_one() -> None:
    origin, other = "https://a.org/o/n", "https://b.org/o/n"
    assert of_remotes({"upstream": other, "origin": origin}) == "a.org/o/n"
    assert of_remotes({"upstream": other}) == "b.org/o/n"
    assert of_remotes({"x": other, "y": origin}) is None
    assert of_remotes({}) is None


def test_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    assert of_actions() is None
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert of_actions() == "github.com/owner/name"
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.org")
    assert of_actions() == "github.example.org/owner/name"
