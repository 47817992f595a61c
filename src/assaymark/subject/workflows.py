"""The fact ``workflows``: every CI definition in the tree, parsed statically and with lines.

A file that cannot be read is kept with its ``problem``; the others are not touched by it.
"""

from __future__ import annotations

from collections.abc import Callable

from assaymark.api import Entry, Tree, fact
from assaymark.subject.ci.model import CiFile, CiJob, CiStep, Workflows, link_calls

__all__ = ["CiFile", "CiJob", "CiStep", "Workflows", "workflows"]

_ROOT = {
    ".gitlab-ci": "gitlab-ci",
    ".travis": "travis",
    ".appveyor": "appveyor",
    "appveyor": "appveyor",
    ".cirrus": "cirrus",
    ".drone": "drone",
    ".woodpecker": "woodpecker",
    "bitbucket-pipelines": "bitbucket",
    "azure-pipelines": "azure",
}
_JENKINS_FOLDERS = {"", "ci", ".ci", "jenkins", ".jenkins", ".sqa"}
_MAX_FILES = 500


@fact
def workflows(tree: Tree) -> Workflows:
    """All CI definitions of GitHub Actions, GitLab CI, Jenkins and the others that we read."""
    found: list[CiFile] = []
    for entry, system in _candidates(tree):
        if system == "jepl" and not any(entry.path in file.includes for file in found):
            continue  # compose files and the like lie beside it: only what a Jenkinsfile names is a definition
        found.extend(_load(tree, entry.path, system))
        if len(found) >= _MAX_FILES:
            break
    by_path = {file.path: file for file in found}
    return Workflows(link_calls(tuple(by_path[path] for path in sorted(by_path))))


def _candidates(tree: Tree) -> list[tuple[Entry, str]]:
    found = []
    for entry in tree:
        system = "" if entry.is_symlink or entry.is_submodule else _system(entry.path)
        if system:
            found.append((entry, system))
    return sorted(found, key=lambda item: (item[1] == "jepl", item[0].path))


def _system(path: str) -> str:
    folder, _, name = path.rpartition("/")
    if name.endswith((".yml", ".yaml")):
        stem = name.rpartition(".")[0]
        if not folder:
            return _ROOT.get(stem.lower(), "azure" if stem.startswith(("azure-pipelines", ".vsts-ci")) else "")
        return _in_folder(folder, stem)
    if folder in _JENKINS_FOLDERS and (name.startswith("Jenkinsfile") or name.endswith(".Jenkinsfile")):
        return "jenkins"
    return ""


def _in_folder(folder: str, stem: str) -> str:
    if folder in (".github/workflows", ".forgejo/workflows", ".gitea/workflows"):
        return "github"
    if folder == ".circleci" and stem == "config":
        return "circleci"
    if (folder in (".azure-pipelines", ".azuredevops") and stem != "dependabot") or stem.startswith("azure-pipelines"):
        return "azure" if folder.count("/") < 2 else ""
    return {".woodpecker": "woodpecker", ".sqa": "jepl"}.get(folder, "")


def _load(tree: Tree, path: str, system: str) -> tuple[CiFile, ...]:
    from assaymark.subject.parsing import ParseProblem

    name = _name(path, system)
    try:
        return _READERS.get(system, _other(system))(tree, path)
    except ParseProblem as problem:
        return (CiFile(path=path, system=name, problem=str(problem)),)
    except RecursionError:
        return (CiFile(path=path, system=name, problem="nested too deeply"),)


def _name(path: str, system: str) -> str:
    if system == "github":
        return f"{path[1:].partition('/')[0]}-actions"
    return "jenkins" if system == "jepl" else system


def _github(tree: Tree, path: str) -> tuple[CiFile, ...]:
    from assaymark.subject.ci import github

    return (github.load(tree, path),)


def _gitlab(tree: Tree, path: str) -> tuple[CiFile, ...]:
    from assaymark.subject.ci import gitlab

    return gitlab.load(tree, path)


def _jenkins(tree: Tree, path: str) -> tuple[CiFile, ...]:
    from assaymark.subject.ci import jenkins

    return (jenkins.load(tree, path),)


def _jepl(tree: Tree, path: str) -> tuple[CiFile, ...]:
    from assaymark.subject.ci import jenkins

    return (jenkins.load_criteria(tree, path),)


def _other(system: str) -> Callable[[Tree, str], tuple[CiFile, ...]]:
    def load(tree: Tree, path: str) -> tuple[CiFile, ...]:
        from assaymark.subject.ci import others

        return (others.load(system, tree, path),)

    return load


_READERS: dict[str, Callable[[Tree, str], tuple[CiFile, ...]]] = {
    "github": _github,
    "gitlab-ci": _gitlab,
    "jenkins": _jenkins,
    "jepl": _jepl,
}
