"""Which languages the subject is written in, by file name (and first line, for scripts without an extension).

Names are those of GitHub's linguist. Third-party and generated files, recognised by where they lie or what they are
called, belong to no language: nobody judges a project by them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property, lru_cache
from types import MappingProxyType

from assaymark.api import Entry, FactUnavailable, Tree, fact
from assaymark.patterns import late
from assaymark.subject.globs import compile_globs
from assaymark.values import dataclass

_PROGRAMMING = {
    "Ada": "adb ads ada",
    "Assembly": "asm s",
    "Awk": "awk gawk",
    "Batchfile": "bat cmd",
    "C": "c h idc",
    "C#": "cs csx",
    "C++": "cpp cc cxx c++ hpp hh hxx h++ ipp tpp txx inl",
    "CMake": "cmake",
    "CUDA": "cu cuh",
    "Clojure": "clj cljs cljc",
    "CoffeeScript": "coffee",
    "Common Lisp": "lisp lsp",
    "Cython": "pyx pxd pxi",
    "D": "d",
    "Dart": "dart",
    "Elixir": "ex exs",
    "Erlang": "erl hrl",
    "F#": "fs fsi fsx",
    "Fortran": "f90 f95 f03 f08 f18 f77 f for ftn fpp fypp",
    "Go": "go",
    "Groovy": "groovy gvy",
    "HCL": "tf hcl tfvars",
    "Haskell": "hs lhs",
    "Java": "java",
    "JavaScript": "js mjs cjs jsx",
    "Julia": "jl",
    "Kotlin": "kt kts",
    "Lua": "lua",
    "MATLAB": "m",
    "NCL": "ncl",
    "Nextflow": "nf",
    "Nim": "nim",
    "OCaml": "ml mli",
    "Objective-C": "mm",
    "OpenCL": "cl",
    "PHP": "php",
    "Pascal": "pas pp lpr",
    "Perl": "pl pm t",
    "PowerShell": "ps1 psm1 psd1",
    "Prolog": "prolog",
    "Python": "py pyw py3 pyi wsgi",
    "R": "r",
    "Ruby": "rb rake gemspec",
    "Rust": "rs",
    "SQL": "sql",
    "Scala": "scala sc",
    "Scheme": "scm ss",
    "Shell": "sh bash zsh ksh bats",
    "Stan": "stan",
    "Swift": "swift",
    "SystemVerilog": "sv svh",
    "Tcl": "tcl",
    "TypeScript": "ts tsx mts cts",
    "VHDL": "vhd vhdl",
    "Visual Basic .NET": "vb",
    "Vue": "vue",
    "Zig": "zig",
}
_PROSE = {
    "AsciiDoc": "adoc asciidoc asc",
    "Markdown": "md markdown mkd mkdn mdx",
    "Org": "org",
    "Pod": "pod",
    "RDoc": "rdoc",
    "Textile": "textile",
    "Wikitext": "mediawiki wikitext",
    "reStructuredText": "rst rest",
    "TeX": "tex sty cls bib",
}
_DATA = {
    "CSS": "css scss less sass",
    "CWL": "cwl",
    "HTML": "html htm xhtml",
    "INI": "ini cfg",
    "JSON": "json jsonld geojson webmanifest",
    "Jupyter Notebook": "ipynb",
    "SVG": "svg",
    "TOML": "toml",
    "XML": "xml xsd xsl xslt wsdl rdf",
    "YAML": "yml yaml cff",
}
# CMake, HCL and SQL describe builds, machines and queries: linguist counts them as data too.
_NOT_CODE = frozenset(("CMake", "HCL", "SQL", "Batchfile"))
_NAMES = {
    "dockerfile": "Dockerfile",
    "containerfile": "Dockerfile",
    "makefile": "Makefile",
    "gnumakefile": "Makefile",
    "makefile.am": "Makefile",
    "cmakelists.txt": "CMake",
    "jenkinsfile": "Groovy",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
    "vagrantfile": "Ruby",
    "snakefile": "Snakemake",
    "sconstruct": "Python",
    "sconscript": "Python",
    "wscript": "Python",
    "meson.build": "Meson",
    "singularity": "Singularity",
    "pipfile": "TOML",
    "configure.ac": "M4",
    ".bashrc": "Shell",
    ".profile": "Shell",
    ".zshrc": "Shell",
}
_SHEBANG = late(rb"#!\s*\S*?(?:/env\s+(?:-\S+\s+)*)?([A-Za-z]+)[\d.]*(?:\s|$)")
_INTERPRETERS = {
    **dict.fromkeys(("sh", "bash", "dash", "ksh", "zsh"), "Shell"),
    **dict.fromkeys(("python", "pypy"), "Python"),
    "perl": "Perl",
    "ruby": "Ruby",
    "node": "JavaScript",
    "Rscript": "R",
    "julia": "Julia",
    "php": "PHP",
    "lua": "Lua",
    "groovy": "Groovy",
    "nextflow": "Nextflow",
    "tclsh": "Tcl",
    "awk": "Awk",
    "gawk": "Awk",
}
_EXTENSIONS = {
    ext: name for table in (_PROGRAMMING, _PROSE, _DATA) for name, exts in table.items() for ext in exts.split()
} | {"smk": "Snakemake", "mk": "Makefile", "mak": "Makefile", "dockerfile": "Dockerfile", "m4": "M4"}
CODE = frozenset(_PROGRAMMING) - _NOT_CODE | {"Snakemake"}
PROSE = frozenset(_PROSE) - {"TeX"}

# Folders (with the slash after them) whose files are those of others; the last ones hold reports of coverage that were
# committed with their scripts.
_FOREIGN_FOLDER = late(
    r"(?:^|/)(?:node_modules|bower_components|vendors?|_vendor|third[-_]?party[\w-]*|3rd[-_]?party|extern(?:al)?s?|"
    r"site-packages|\.venv|\.yarn|\.eggs|htmlcov|lcov-report|coverage/assets)/",
    re.IGNORECASE,
)
# Names of files that others, or programs, wrote; for `fullmatch`.
_FOREIGN_NAME = late(
    r"(?:versioneer|get-pip|ez_setup|_version)\.py|.*(?:[.-]min\.(?:js|css)|[.-]bundle(?:-core)?\.(?:m?js|css)"
    r"|_pb2(?:_grpc)?\.pyi?|\.pb\.(?:go|cc|h)|\.g\.dart|\.designer\.cs)"
    # Libraries that pages carry along.
    r"|(?:swagger-ui[\w.-]*|jquery[^.]*(?:[.-]\d[\w.-]*)?|bootstrap[^.]*(?:\.[\w.-]+)?|angular[^.]*|d3(?:[.-]v?\d[\w.]*)?)"
    r"\.(?:js|css)"
    r"|gradlew(?:\.bat)?|mvnw(?:\.cmd)?|install-sh|config\.guess|config\.sub|ltmain\.sh|libtool"
    r"|(?:package-lock|npm-shrinkwrap|composer\.lock)\.json|(?:pnpm-lock|conda-lock)\.ya?ml",
    re.IGNORECASE | re.DOTALL,
)
_OF_COVERAGE = late(
    r"(?:.*/)?coverage/(?:prettify|sorter|block-navigation|base)\.(?:js|css)", re.IGNORECASE | re.DOTALL
)
_MANY_SCRIPTS = 2_000
_BY_AUTOCONF = b"Generated by GNU Autoconf"
# What a bundler writes is told by its lines: no person writes a thousand characters in one, line after line.
_PACKED = frozenset(("JavaScript", "CSS"))
# Most files that end so are signatures, keys or grids of numbers.
_DOUBTFUL = ".asc"
_TITLED = late(rb"(?m)^={1,6}[ \t]+\S")
_LARGE = 50_000
_LOOK = 8_192


@dataclass(frozen=True)
class Languages:
    """Files by language; ``foreign`` are those that were left out as third-party or generated."""

    files: Mapping[str, tuple[Entry, ...]]
    foreign: tuple[Entry, ...] = field(default=())

    def code(self) -> tuple[str, ...]:
        """The programming languages, the one with the most bytes first."""
        return tuple(sorted(self._bytes, key=lambda name: (-self._bytes[name], name)))

    def prose(self) -> tuple[str, ...]:
        """The markup languages of documentation, by name."""
        return tuple(sorted(PROSE & self.files.keys()))

    @cached_property
    def share(self) -> Mapping[str, float]:
        """What part of all program text (in bytes, 0 to 1) each programming language is."""
        total = sum(self._bytes.values()) or 1
        return MappingProxyType({name: size / total for name, size in self._bytes.items()})

    @cached_property
    def _bytes(self) -> dict[str, int]:
        return {name: sum(e.size for e in found) for name, found in self.files.items() if name in CODE}


@fact
def languages(tree: Tree, exclude: tuple[str, ...] = ()) -> Languages:
    """Every regular file is put down to one language, or to none; ``exclude`` (globs) names third-party files."""
    excluded = compile_globs(exclude)
    found: dict[str, list[Entry]] = {}
    foreign: list[Entry] = []
    scripts = 0
    for entry in tree:
        if entry.is_symlink or entry.is_submodule:
            continue
        if is_foreign(entry.path) or excluded.fullmatch(entry.path):
            foreign.append(entry)
            continue
        name = by_name(entry.name)
        if name is None and entry.is_executable and "." not in entry.name and scripts < _MANY_SCRIPTS:
            scripts += 1
            head = tree.read(entry.path, 256)
            name = by_first_line(head)
            if name and _BY_AUTOCONF in head:
                foreign.append(entry)
                continue
        if name in _PACKED and entry.size > _LARGE and is_packed(_head(tree, entry)):
            foreign.append(entry)
        elif name is not None and not (entry.name.endswith(_DOUBTFUL) and not _TITLED.search(_head(tree, entry))):
            found.setdefault(name, []).append(entry)
    return Languages(MappingProxyType({n: tuple(e) for n, e in sorted(_headers(found).items())}), tuple(foreign))


def is_foreign(path: str) -> bool:
    """Whether a path is, by convention, third-party or generated."""
    folder, slash, name = path.rpartition("/")
    return bool(
        _FOREIGN_NAME.fullmatch(name)
        or (slash and _in_foreign_folder(folder + slash))
        or (name.lower().endswith((".js", ".css")) and _OF_COVERAGE.fullmatch(path))
    )


@lru_cache(maxsize=256)  # paths are asked for folder by folder
def _in_foreign_folder(folder: str) -> bool:
    return _FOREIGN_FOLDER.search(folder) is not None


def is_packed(head: bytes) -> bool:
    """Whether a script was packed by a program, by the length of its first lines (comments are left out)."""
    lines = [line for line in head.split(b"\n") if not line.lstrip().startswith((b"/*", b"*", b"//"))]
    return sum(len(line) for line in lines) > 500 * len(lines)


def _head(tree: Tree, entry: Entry) -> bytes:
    try:
        return tree.read(entry.path, _LOOK)
    except FactUnavailable:
        return b""


def by_name(name: str) -> str | None:
    """The language that a file name stands for."""
    low = name.lower()
    if low in _NAMES:
        return _NAMES[low]
    stem, dot, ext = low.rpartition(".")
    # `dockerfile.pm` is a program about them; `Dockerfile.py` is one for Python.
    if low.startswith(("dockerfile.", "containerfile.")) and (name[0].isupper() or _EXTENSIONS.get(ext) not in CODE):
        return "Dockerfile"
    return _EXTENSIONS.get(ext) if dot and stem else None


def by_first_line(head: bytes) -> str | None:
    """The language of a script by its ``#!`` line."""
    match = _SHEBANG.match(head.partition(b"\n")[0])
    return _INTERPRETERS.get(match[1].decode()) if match else None


def _headers(found: dict[str, list[Entry]]) -> dict[str, list[Entry]]:
    """``.h`` beside C++ (and no C) is C++."""
    own = [e for e in found.get("C", ()) if not e.name.lower().endswith(".h")]
    if "C" in found and not own and ("C++" in found or "CUDA" in found):
        found.setdefault("C++", []).extend(found.pop("C"))
        found["C++"].sort(key=lambda e: e.path)
    return found
