"""A repository whose configuration wants to run something: nothing of it runs, and the files are judged as ever."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assaymark.api import FactUnavailable
from assaymark.subject.checkout import open_subject
from assaymark.subject.history import history
from assaymark.testing import NewCommit, repository_of

FILES = {"README.md": "hello\n", "a.txt": "text\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n"}
KEYS = {
    "file monitor": ["core.fsmonitor"],
    "clean filter": ["filter.evil.clean", "filter.evil.smudge"],
    "filter process": ["filter.evil.process"],
    "external diff": ["diff.external", "diff.evil.command", "diff.evil.textconv"],
    "pager and editor": ["core.pager", "pager.log", "core.editor", "sequence.editor"],
    "signatures": ["gpg.program", "gpg.ssh.program", "gpg.x509.program"],
    "transport": [
        "core.sshCommand",
        "core.gitProxy",
        "core.askPass",
        "credential.helper",
        "uploadpack.packObjectsHook",
    ],
    "alternates": ["core.alternateRefsCommand"],
    "merge driver": ["merge.evil.driver"],
}


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=check)
    return done.stdout.decode("utf-8", "replace").strip()


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


@pytest.fixture
def evil(tmp_path: Path, marker: Path) -> Path:
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\ncat\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository_of(
        tmp_path / "repo", [NewCommit(write=FILES), NewCommit(write={"a.txt": "more\n"}, tags=("v1",))]
    )


def look_everywhere(place: Path) -> None:
    """All that is ever asked of Git."""
    for ref in (None, "HEAD~1"):
        opened = open_subject(place, ref)
        found = history.provide(opened)
        assert found.commits
        assert found.last_change("README.md")
        assert opened.tree.read("README.md").endswith(b"hello\n")
        for entry in opened.tree:
            opened.tree.read(entry.path)


@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "changed"])
@pytest.mark.parametrize("keys", KEYS.values(), ids=list(KEYS))
def test_nothing_that_the_configuration_names_runs(
    repo: Path, evil: Path, marker: Path, keys: list[str], dirty: bool
) -> None:
    for key in keys:
        git(repo, "config", key, str(evil))
    git(repo, "config", "log.showSignature", "true")
    if dirty:
        (repo / "README.md").write_text("changed: hello\n")
        (repo / "a.txt").touch()
    look_everywhere(repo)
    assert not marker.exists()


@pytest.mark.parametrize(
    "keys", [["core.fsmonitor"], ["filter.evil.clean"], ["core.alternateRefsCommand", "diff.external"]]
)
def test_the_trap_is_a_real_one(repo: Path, evil: Path, marker: Path, keys: list[str]) -> None:
    """Plain Git falls into it, so the tests above would see it."""
    for key in keys:
        git(repo, "config", key, str(evil))
    (repo / "README.md").write_text("changed: hello\n")
    git(repo, "status", check=False)
    git(repo, "diff", check=False)
    assert marker.exists()


def test_hooks_do_not_run(repo: Path, evil: Path, marker: Path) -> None:
    hooks = repo / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"):
        (hooks / name).symlink_to(evil)
    git(repo, "config", "core.hooksPath", str(hooks))
    (repo / "README.md").touch()
    look_everywhere(repo)
    assert not marker.exists()


def test_aliases_do_not_replace_commands(repo: Path, evil: Path, marker: Path) -> None:
    for command in ("log", "ls-files", "rev-parse", "for-each-ref", "cat-file", "ls-tree", "config", "diff-index"):
        git(repo, "config", f"alias.{command}", f"!{evil}")
    look_everywhere(repo)
    assert not marker.exists()


def test_an_included_configuration_is_no_better(repo: Path, evil: Path, marker: Path) -> None:
    (repo / "config.inc").write_text(f'[core]\n\tfsmonitor = {evil}\n[filter "evil"]\n\tclean = {evil}\n')
    git(repo, "config", "include.path", str(repo / "config.inc"))
    (repo / "README.md").write_text("changed: hello\n")
    look_everywhere(repo)
    assert not marker.exists()


def test_a_nested_bare_repository_is_harmless(tmp_path: Path, evil: Path, marker: Path) -> None:
    outer = repository_of(tmp_path / "outer", [NewCommit(write={"x": "1"})])
    inner = repository_of(outer / "docs", [NewCommit(write=FILES), NewCommit(write={"b": "1"})], bare=True)
    git(inner, "config", "core.fsmonitor", str(evil))
    git(inner, "config", "core.bare", "false")
    git(inner, "config", "core.worktree", str(outer))
    look_everywhere(inner)
    assert open_subject(outer).tree.get("x") is not None
    assert not marker.exists()


@pytest.mark.parametrize("address", ["ext::{evil} %S foo", "ssh://-oProxyCommand={evil}/x", "file://{evil}", "{evil}"])
def test_missing_objects_are_not_fetched(repo: Path, tmp_path: Path, evil: Path, marker: Path, address: str) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo}", "partial")
    partial = tmp_path / "partial"
    git(partial, "config", "remote.origin.url", address.format(evil=evil))
    git(partial, "config", "remote.origin.uploadpack", str(evil))
    git(partial, "config", "core.sshCommand", str(evil))
    for protocol in ("ext", "file", "ssh"):
        git(partial, "config", f"protocol.{protocol}.allow", "always")
    opened = open_subject(partial, "HEAD")
    entry = opened.tree.get("README.md")
    assert entry is not None
    assert entry.size == -1
    with pytest.raises(FactUnavailable, match="not in this clone"):
        opened.tree.read("README.md")
    assert not marker.exists()


def test_replaced_objects_do_not_deceive(repo: Path) -> None:
    real = git(repo, "rev-parse", "HEAD:README.md")
    forged = subprocess.run(
        ["git", "-C", str(repo), "hash-object", "-w", "--stdin"], input=b"forged\n", capture_output=True, check=True
    ).stdout.decode()
    git(repo, "replace", real, forged.strip())
    assert git(repo, "cat-file", "blob", "HEAD:README.md") == "forged"
    assert open_subject(repo, "HEAD").tree.read("README.md") == b"hello\n"


def test_the_environment_does_not_point_elsewhere(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = repository_of(tmp_path / "other", [NewCommit(write={"other": "1"})])
    for name, value in {
        "GIT_DIR": other / ".git",
        "GIT_WORK_TREE": other,
        "GIT_INDEX_FILE": other / ".git" / "index",
        "GIT_OBJECT_DIRECTORY": other / ".git" / "objects",
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
    }.items():
        monkeypatch.setenv(name, str(value))
    assert [e.path for e in open_subject(repo).tree] == sorted(FILES)


def unreadable(repo: Path) -> None:
    (repo / ".git" / "config").write_text("[core\n")


def format_of_the_future(repo: Path) -> None:
    git(repo, "config", "core.repositoryformatversion", "1")
    git(repo, "config", "extensions.ofTheFuture", "true")


def no_objects(repo: Path) -> None:
    for file in (repo / ".git" / "objects").rglob("*"):
        if file.is_file():
            file.unlink()


@pytest.mark.parametrize("damage", [unreadable, format_of_the_future, no_objects])
def test_a_damaged_repository_ends_in_a_message(repo: Path, damage: Callable[[Path], None]) -> None:
    from assaymark.errors import InputError

    damage(repo)
    with pytest.raises((InputError, FactUnavailable)):
        history.provide(open_subject(repo))
