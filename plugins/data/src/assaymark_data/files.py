"""What is seen of files as files: there or not, size, checksum, encoding, and whether loading one would run code."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from assaymark.api import FactUnavailable
from assaymark_data.dataset import Dataset, File, is_pickle
from assaymark_data.stores import holds_pickles

TEXT = (".csv", ".tsv", ".json", ".geojson", ".jsonld", ".txt", ".md", ".xml", ".ttl", ".yaml", ".yml")
KNOWN = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
LISTS = re.compile(r"(?:tag)?manifest-(md5|sha1|sha256|sha512)\.txt", re.I)
_NAMED = re.compile(r"(md5|sha1|sha224|sha256|sha384|sha512)(?:sum)?s?(?:\.txt)?", re.I)
_LINE = re.compile(r"\\?([0-9a-fA-F]{32,128})[ \t]+\*?(\S.*)")
_TAGGED = re.compile(r"(MD5|SHA1|SHA224|SHA256|SHA384|SHA512) \((.+)\) = ([0-9a-fA-F]{32,128})")
_BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
LIMIT = 50_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A checksum and where it is stated."""

    path: str
    algorithm: str
    digest: str
    by: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One file as it was found; ``problem`` why it could not be read, ``not_text`` the byte at which a text is none."""

    file: File
    size: int = 0
    problem: str = ""
    pickle: bool = False
    not_text: str = ""
    wrong: tuple[str, ...] = ()
    checked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """All files, with checksums that are stated of files that are not there, and lists that cannot be read."""

    seen: tuple[Seen, ...] = ()
    lost: tuple[Stated, ...] = ()
    broken: tuple[str, ...] = ()
    bags: tuple[str, ...] = ()


def look(dataset: Dataset) -> Looked:
    """Read every file once."""
    stated, broken, bags = statements(dataset)
    by_path: dict[str, list[Stated]] = {}
    for item in stated:
        by_path.setdefault(item.path, []).append(item)
    named = {f.path for f in dataset.files}
    extra = [File(path=p, kind="other") for p in by_path if p not in named]
    seen, lost = [], []
    for file in (*dataset.files, *extra):
        own = [
            *(
                Stated(path=file.path, algorithm=a, digest=d, by=dataset.said_by, line=file.line)
                for a, d in file.checksums
            ),
            *by_path.get(file.path, ()),
        ]
        found = _seen(dataset, file, own)
        if file.path.endswith(".zarr") and not found.problem and _is_listed(dataset, file.path, by_path):
            found = replace(found, checked=1)
        if found.problem and file.path not in named:
            lost += own
        elif file.path in named or found.wrong:
            seen.append(found)
    return Looked(seen=tuple(seen), lost=tuple(lost), broken=tuple(broken), bags=tuple(bags))


def statements(dataset: Dataset) -> tuple[list[Stated], list[str], list[str]]:
    """Checksums of checksum files and of BagIt's manifests; what is wrong with these; what is wrong with a bag."""
    lists = list(dataset.checksum_files)
    bag = (dataset.folder / "bagit.txt").is_file()
    if bag:
        lists += sorted(p.name for p in dataset.folder.iterdir() if LISTS.fullmatch(p.name))
    stated: list[Stated] = []
    broken: list[str] = []
    for name in dict.fromkeys(lists):
        try:
            place = dataset.place(name)
            if place.stat().st_size > LIMIT:
                raise FactUnavailable(f"{name} is larger than {LIMIT:,} bytes")
            text = place.read_bytes().decode("utf-8")
        except FactUnavailable as problem:
            broken.append(problem.reason)
            continue
        except (OSError, UnicodeDecodeError) as problem:
            broken.append(f"{name} cannot be read: {problem}")
            continue
        found = list(_lines(name, text))
        stated += [s for s in found if isinstance(s, Stated)]
        broken += [s for s in found if isinstance(s, str)]
        if not found:
            broken.append(f"{name} states no checksum")
    return stated, broken, list(_bag(dataset, stated)) if bag else []


def _lines(name: str, text: str) -> Iterator[Stated | str]:
    told = LISTS.fullmatch(name) or _NAMED.fullmatch(Path(name).name)
    folder = Path(name).parent.as_posix()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if tagged := _TAGGED.fullmatch(line.strip()):
            algorithm, path, digest = tagged[1].lower(), tagged[2], tagged[3]
        elif plain := _LINE.fullmatch(line.rstrip()):
            digest, path = plain[1], plain[2]
            algorithm = told[1].lower() if told else _BY_LENGTH.get(len(digest), "")
        else:
            yield f"{name}:{number} is no checksum and path"
            continue
        if _BY_LENGTH.get(len(digest)) != algorithm:
            yield f"{name}:{number} has {len(digest)} digits, which is no {algorithm or 'known'} checksum"
            continue
        path = path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") if LISTS.fullmatch(name) else path
        path = path.removeprefix("./")
        whole = path if folder == "." else f"{folder}/{path}"
        yield Stated(path=whole, algorithm=algorithm, digest=digest.lower(), by=name, line=number)


def _bag(dataset: Dataset, stated: list[Stated]) -> Iterator[str]:
    """What a BagIt bag lacks: its declaration, its payload, or a payload file that no manifest names."""
    declared = (dataset.folder / "bagit.txt").read_bytes()[:10_000].decode("utf-8", "replace")
    if not re.search(r"^BagIt-Version:\s*\d+\.\d+", declared, re.M):
        yield "bagit.txt does not state BagIt-Version"
    payload = dataset.folder / "data"
    if not payload.is_dir():
        yield "the bag has no folder data"
        return
    names = {s.path for s in stated}
    there = [
        p.relative_to(dataset.folder).as_posix() for p in sorted(payload.rglob("*")) if p.is_file() or p.is_symlink()
    ]
    unnamed = [p for p in there if p not in names]
    if unnamed:
        yield f"no manifest of the bag names {', '.join(unnamed[:5])}" + (
            f" and {len(unnamed) - 5} more" if len(unnamed) > 5 else ""
        )


def _is_listed(dataset: Dataset, path: str, stated: Mapping[str, object]) -> bool:
    """Whether a checksum is stated of every file within a store."""
    place = dataset.folder / path
    inner = [p for p in place.rglob("*") if p.is_file()] if place.is_dir() else []
    return bool(inner) and all(p.relative_to(dataset.folder).as_posix() in stated for p in inner)


def _seen(dataset: Dataset, file: File, stated: list[Stated]) -> Seen:
    try:
        place = dataset.place(file.path)
        if place.is_dir():
            inner = [p for p in place.rglob("*") if p.is_file() and not p.is_symlink()]
            pickle = holds_pickles(place) or any(is_pickle(p.name) for p in inner)
            return Seen(file=file, size=sum(p.stat().st_size for p in inner), pickle=pickle)
        return _read(place, file, stated)
    except FactUnavailable as problem:
        return Seen(file=file, problem=problem.reason)
    except OSError as problem:
        return Seen(file=file, problem=f"{file.path} cannot be read: {problem.strerror or problem}")


def _read(place: Path, file: File, stated: list[Stated]) -> Seen:
    """Pass over the file once, for all its checksums and its encoding."""
    hashes = {s.algorithm: hashlib.new(s.algorithm, usedforsecurity=False) for s in stated if s.algorithm in KNOWN}
    text = place.suffix.lower() in TEXT
    decoder, not_text, offset = None, "", 0
    if text:
        try:
            decoder = codecs.getincrementaldecoder(file.encoding)("strict")
        except LookupError:
            not_text = f"{file.encoding} is no known encoding"
    head = b""
    if hashes or decoder:
        with place.open("rb") as stream:
            while part := stream.read(_CHUNK):
                head = head or part[:16]
                for each in hashes.values():
                    each.update(part)
                if decoder is not None and not not_text:
                    not_text = _decoded(decoder, part, offset, file.encoding)
                offset += len(part)
        if decoder is not None and not not_text:
            not_text = _decoded(decoder, b"", offset, file.encoding, final=True)
    else:
        with place.open("rb") as stream:
            head = stream.read(16)
    wrong = tuple(
        f"{s.algorithm} is {hashes[s.algorithm].hexdigest()[:12]}…, and {s.by}{f':{s.line}' if s.line else ''}"
        f" states {s.digest[:12]}…"
        for s in stated
        if s.algorithm in hashes and hashes[s.algorithm].hexdigest() != s.digest
    )
    return Seen(
        file=file,
        size=place.stat().st_size,
        pickle=is_pickle(file.path, head),
        not_text=not_text,
        wrong=wrong,
        checked=len(hashes),
    )


def _decoded(
    decoder: codecs.IncrementalDecoder, part: bytes, offset: int, encoding: str, *, final: bool = False
) -> str:
    """'' while the bytes are text, else where they are none."""
    try:
        if "\x00" in decoder.decode(part, final):
            return f"has a zero byte after byte {offset:,}"
    except UnicodeDecodeError as problem:
        return f"is no {encoding} at byte {offset + problem.start:,}"
    return ""
