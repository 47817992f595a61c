"""The fact ``packages``: what the project can be packed as, and whether the artefact would hold only what it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.languages import is_foreign
from assaymark.subject.parsing import ParseProblem, load_json, load_toml

LIMIT = 200_000  # bytes of one definition
_LOOKED_AT, _MOST = 20, 3  # definitions of one kind
_CRATE_LIMIT = 10_000_000  # what the public registry of crates accepts
ASIDE = late(
    r"(?:^|/)(?:tests?|examples?|samples?|docs?|documentation|ci|dev|benchmarks?|tutorials?|templates?|use[-_]?cases|demos?|debug|joss|"
    r"binder|_?third_party\w*|[\w-]+-(?:dev|test))(?:/|$)|^\.(?!docker/)[^/]+/|\{\{|(?:^|/)(?:Docker|Container)file[._-](?:dev|ci|test)\w*$",
    re.IGNORECASE,
)
_DEVELOPMENT = ("tests", "test", "docs", "doc", "examples", "example", "benchmarks")
# Backends whose wheel holds the package and nothing beside it unless told otherwise.
_LEAN_BACKENDS = ("hatchling", "flit", "poetry", "pdm", "uv_build", "scikit_build_core", "maturin", "mesonpy", "whey")
_FIND_ALL = late(r"find_(?:namespace_)?packages\(\s*\)")
_COPY = late(r"^[ \t]*(?:COPY|ADD)[ \t]+(?P<rest>[^\n]+)", re.IGNORECASE | re.MULTILINE)
_FROM = late(r"^[ \t]*FROM[ \t]+\S+", re.IGNORECASE | re.MULTILINE)
_NOT_PACKED = late(r"(?i)tests?\b|benchmarks?\b|samples?\b")
_INSTALL = late(r"^[ \t]*install\s*\(", re.IGNORECASE | re.MULTILINE)


class Package(NamedTuple):
    """One definition of an artefact. ``lean`` is whether it keeps out what users do not need; None: cannot be told."""

    kind: str
    path: str
    line: int = 1
    lean: bool | None = None
    why: str = ""
    registry: bool = True

    @property
    def named(self) -> str:
        """The kind with its article."""
        return f"an {self.kind}" if self.kind.startswith(("R ", "npm ", "Autotools ")) else f"a {self.kind}"


class Packages(NamedTuple):
    """All definitions: those for registries of packages first, then images, then what is only installed."""

    found: tuple[Package, ...] = ()

    def of(self, *kinds: str) -> tuple[Package, ...]:
        """Those of some kinds."""
        return tuple(p for p in self.found if p.kind in kinds)

    @property
    def registered(self) -> tuple[Package, ...]:
        """Those that a public registry of packages takes; images are not among them."""
        return tuple(p for p in self.found if p.registry and p.kind != "container image")


@fact
def packages(tree: Tree) -> Packages:
    """Definitions in the root (or one folder down), and container files that are meant for users."""
    found: list[Package] = []
    for kind, names, reader in _READERS:
        for entries in (tree.find(*names), _below(tree, names)):
            here = [*islice((p for entry in entries[:_LOOKED_AT] for p in reader(tree, entry, kind)), _MOST)]
            found.extend(here)
            if here:
                break
    for entry in container_files(tree):
        found.append(_image(tree, entry))
    return Packages(tuple(sorted(found, key=lambda p: (not p.registry, p.kind == "container image", p.path, p.kind))))


def _below(tree: Tree, names: tuple[str, ...]) -> tuple[Entry, ...]:
    # Workspaces keep their packages in a folder of that name.
    found = tree.glob(*(f"{folder}*/{name}" for folder in ("", "packages/", "crates/", "src/") for name in names))
    return tuple(e for e in found if not ASIDE.search(e.path) and not is_foreign(e.path) and not e.path.startswith("."))


def container_files(tree: Tree) -> tuple[Entry, ...]:
    """Dockerfiles and the like that are not for development, tests or examples."""
    found = tree.glob("**/Dockerfile*", "**/Containerfile*", "**/*.Dockerfile", "**/*.dockerfile")
    return tuple(
        e
        for e in found
        if not ASIDE.search(e.path)
        and not is_foreign(e.path)
        and not e.name.lower().endswith((".dockerignore", ".sh", ".md", ".tmpl", ".j2"))
    )[:50]


def _image(tree: Tree, entry: Entry) -> Package:
    text = tree.text(entry.path, LIMIT)
    stages = [m.start() for m in _FROM.finditer(text)]
    last = stages[-1] if stages else 0
    whole = [m for m in _COPY.finditer(text) if _takes_all(m["rest"])]
    ignores = tree.get(".dockerignore") or tree.find(
        ".dockerignore", entry.name + ".dockerignore", under=(entry.path.rpartition("/")[0],)
    )
    final = [m for m in whole if m.start() >= last]
    line = text.count("\n", 0, final[0].start()) + 1 if final else 1
    if not final:
        return Package(
            kind="container image", path=entry.path, lean=True, why="its last stage copies only what it names"
        )
    if ignores:
        return Package(
            kind="container image", path=entry.path, line=line, lean=True, why="a .dockerignore keeps files out"
        )
    return Package(
        kind="container image",
        path=entry.path,
        line=line,
        lean=False,
        why="the whole checkout is copied into the image, and there is no .dockerignore",
    )


def _takes_all(rest: str) -> bool:
    words = [w for w in rest.split() if not w.startswith("--")]
    return "--from=" not in rest and len(words) >= 2 and any(w in (".", "./", "$PWD") for w in words[:-1])


def _toml(tree: Tree, entry: Entry) -> dict[str, Any]:
    try:
        return load_toml(tree.text(entry.path, LIMIT))
    except ParseProblem:
        return {}


def _python(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    data = _toml(tree, entry)
    tools = data.get("tool") if isinstance(data.get("tool"), dict) else {}
    if "project" not in data and "build-system" not in data and "poetry" not in (tools or {}):
        return
    system = data.get("build-system")
    backend = str(system.get("build-backend", "")) if isinstance(system, dict) else ""
    folder = entry.path.rpartition("/")[0]
    if backend.startswith(_LEAN_BACKENDS) or (not backend and "poetry" in (tools or {})):
        yield Package(
            kind=kind, path=entry.path, lean=True, why=f"{backend.split('.')[0] or 'poetry'} packs the package only"
        )
        return
    yield _setuptools(tree, entry, kind, folder)


def _setup(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    folder = entry.path.rpartition("/")[0]
    if tree.find("pyproject.toml", under=(folder,)):
        toml = _toml(tree, tree.find("pyproject.toml", under=(folder,))[0])
        if "project" in toml or "build-system" in toml:
            return  # the same package, told there
    yield _setuptools(tree, entry, kind, folder)


def _setuptools(tree: Tree, entry: Entry, kind: str, folder: str) -> Package:
    """Automatic discovery leaves tests and documentation out; a bare ``find_packages()`` takes every package."""
    stray = [name for name in _DEVELOPMENT if tree.get(f"{folder}/{name}/__init__.py".lstrip("/"))]
    for script in tree.find("setup.py", under=(folder,)):
        text = tree.text(script.path, LIMIT)
        found = _FIND_ALL.search(text)
        if found and stray:
            line = text.count("\n", 0, found.start()) + 1
            return Package(
                kind=kind, path=script.path, line=line, lean=False, why=f"find_packages() also packs {', '.join(stray)}"
            )
    return Package(kind=kind, path=entry.path, lean=True, why="only the package's own folders are packed")


def _npm(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    try:
        data = load_json(tree.text(entry.path, LIMIT))
    except ParseProblem:
        return
    if not isinstance(data, dict) or not data.get("name") or not data.get("version"):
        return
    folder = entry.path.rpartition("/")[0]
    listed = isinstance(data.get("files"), list) or bool(tree.find(".npmignore", under=(folder,)))
    if data.get("private") is True:
        return  # an application or a website: npm never packs it
    why = (
        "'files' (or .npmignore) says what is packed"
        if listed
        else "neither 'files' nor .npmignore says what is packed"
    )
    yield Package(kind=kind, path=entry.path, lean=listed, why=why)


def _composer(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    """A library, plugin or the like; what calls itself a project is an application that is cloned."""
    try:
        data = load_json(tree.text(entry.path, LIMIT))
    except ParseProblem:
        return
    if not isinstance(data, dict) or not data.get("name") or data.get("type") == "project":
        return
    archive, folder = data.get("archive"), entry.path.rpartition("/")[0]
    marked = any("export-ignore" in tree.text(e.path, LIMIT) for e in tree.find(".gitattributes", under=(folder,)))
    listed = marked or (isinstance(archive, dict) and bool(archive.get("exclude")))
    said = "'archive.exclude' or export-ignore in .gitattributes"
    yield Package(
        kind=kind, path=entry.path, lean=listed, why=f"{said} keeps files out" if listed else f"there is no {said}"
    )


def _cargo(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    package = _toml(tree, entry).get("package")
    if not isinstance(package, dict):
        return
    listed = bool(package.get("include") or package.get("exclude"))
    size = sum(e.size for e in tree if e.path.startswith(entry.path.removesuffix("Cargo.toml")))
    lean = listed or size < _CRATE_LIMIT
    why = (
        "'include' or 'exclude' says what is packed"
        if listed
        else f"everything tracked is packed ({size // 1000:,} kB)"
    )
    yield Package(kind=kind, path=entry.path, lean=lean, why=why, registry=package.get("publish") is not False)


def _r(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    if not re.search(r"^Package:", tree.text(entry.path, LIMIT), re.MULTILINE):
        return
    listed = bool(tree.find(".rbuildignore", under=(entry.path.rpartition("/")[0],)))
    yield Package(
        kind=kind,
        path=entry.path,
        lean=listed,
        why=".Rbuildignore keeps files out" if listed else "there is no .Rbuildignore",
    )


def _julia(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    if "uuid" in _toml(tree, entry):
        yield Package(kind=kind, path=entry.path)


def _plain(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    yield Package(kind=kind, path=entry.path, lean=True, why="only what is compiled from the main sources is packed")


def _cmake(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    found = _INSTALL.search(tree.text(entry.path, LIMIT))
    if found:
        line = tree.text(entry.path, LIMIT).count("\n", 0, found.start()) + 1
        yield Package(
            kind=kind, path=entry.path, line=line, lean=True, why="install() rules name what is packed", registry=False
        )


def _bare(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    yield Package(kind=kind, path=entry.path, registry=kind == "Fortran package")


def _dotnet(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    """A project that is meant for others: not one of tests, samples or benchmarks."""
    if not _NOT_PACKED.search(entry.path) and "<IsPackable>false" not in tree.text(entry.path, LIMIT):
        yield from _plain(tree, entry, kind)


def _bare_registered(tree: Tree, entry: Entry, kind: str) -> Iterator[Package]:
    listed = bool(tree.find("manifest.skip", "manifest", under=(entry.path.rpartition("/")[0],)))
    yield Package(kind=kind, path=entry.path, lean=True if listed else None, why="a MANIFEST says what is packed")


_READERS: tuple[tuple[str, tuple[str, ...], Callable[[Tree, Entry, str], Iterator[Package]]], ...] = (
    ("Python package", ("pyproject.toml",), _python),
    ("Python package", ("setup.py",), _setup),
    ("npm package", ("package.json",), _npm),
    ("Composer package", ("composer.json",), _composer),
    ("Rust crate", ("cargo.toml", "Cargo.toml"), _cargo),
    ("R package", ("description", "DESCRIPTION"), _r),
    ("Julia package", ("project.toml", "Project.toml"), _julia),
    ("Go module", ("go.mod",), _plain),
    ("Maven artefact", ("pom.xml",), _plain),
    ("Gradle artefact", ("build.gradle", "build.gradle.kts"), _plain),
    ("Ruby gem", ("*.gemspec",), _plain),
    (
        "Perl distribution",
        ("makefile.pl", "Makefile.PL", "build.pl", "Build.PL", "dist.ini", "minil.toml"),
        _bare_registered,
    ),
    ("NuGet package", ("*.csproj", "*.fsproj", "*.vbproj"), _dotnet),
    ("CMake project", ("cmakelists.txt", "CMakeLists.txt"), _cmake),
    ("Fortran package", ("fpm.toml",), _bare),
    ("Nextflow pipeline", ("nextflow.config",), _bare),
    ("Snakemake workflow", ("snakefile", "Snakefile"), _bare),
    ("Meson project", ("meson.build",), _bare),
    ("Autotools project", ("configure.ac",), _bare),
)
