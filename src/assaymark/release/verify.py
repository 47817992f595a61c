"""A released file, image or tag held against what was judged: sums, provenance, signature, assessment, commit.

Everything is looked at on this machine; the folder may come from the forge (`fetched`). A link that is not there is
``unknown``, never ``yes``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.badges.verify import Answer, Says
from assaymark.badges.verify import Known as OwnKeys
from assaymark.errors import InputError
from assaymark.release import folder
from assaymark.release.folder import Release
from assaymark.verify import Link
from assaymark.wording import one_line

if TYPE_CHECKING:
    from assaymark.badges.keyless import Rules, Signer
    from assaymark.forge.client import Client
    from assaymark.model import Assessment

PROVENANCE = "https://slsa.dev/provenance/v1"
OURS = "https://github.com/assaymark/assaymark/.github/workflows/make-release.yml"
_LIMIT = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a verifier brings: the tag that was meant, a clone of the repository, and whom to believe as signer.

    ``workflow`` is the file of a workflow (``https://github.com/o/r/.github/workflows/x.yml``) and ``commits`` those of
    its repository that are believed; ``root`` is the root of trust. ``own`` is what is known of who signs with a key of
    their own: whom to trust, their documents, their list of revocations.
    """

    tag: str = ""
    clone: Path | None = None
    workflow: str = ""
    commits: Collection[str] = ()
    root: Path | None = None
    own: OwnKeys | None = None


def chain(place: Path, name: str, known: Known, *, image: str = "") -> tuple[Link, ...]:
    """The links for one file of a folder, for an image (``name@sha256:...``), or for all of it (``name`` is '')."""
    try:
        release = folder.read(place)
    except InputError as problem:
        return (Link("release", (Answer("description", Says.NO, str(problem)),)),)
    files = [f for f in release.files if not name or f.name == name]
    published = (Link("published", tuple(_published(place, release))),) if (place / folder.PUBLISHED).exists() else ()
    return (
        Link("release", tuple(_release(place, release, name, image, known))),
        Link("checksums", tuple(_sums(place, release, name))),
        Link("provenance", tuple(_provenance(place, release, files))),
        Link("signature", tuple(_signature(place, release, known))),
        Link("assessment", tuple(_assessment(place, release))),
        Link("commit", tuple(_commit(place, release, known))),
        *published,
    )


def fetched(client: Client, tag: str, out: Path) -> None:
    """Fetch all files of the published release of a tag. Raises ForgeProblem, and InputError when there is none."""
    from assaymark.forge.client import ForgeProblem, Trouble

    try:
        found = client.table(f"/releases/tags/{tag}")
    except ForgeProblem as problem:
        if problem.trouble is Trouble.ABSENT:
            raise InputError(f"{client.name} has no published release {tag}") from problem
        raise
    out.mkdir(parents=True, exist_ok=True)
    for asset in client.pages(f"/releases/{found['id']}/assets"):
        name = str(asset.get("name"))
        if folder.is_name(name):
            (out / name).write_bytes(client.asset(asset["id"], folder.MAX_FILE))


def _release(place: Path, release: Release, name: str, image: str, known: Known) -> Iterator[Answer]:
    yield Answer("description", Says.YES, f"{release.name} {release.version}, tag {release.tag}")
    if known.tag and known.tag != release.tag:
        yield Answer("tag", Says.NO, f"it is the release {release.tag}, not {known.tag}")
    elif known.tag:
        yield Answer("tag", Says.YES, known.tag)
    if name and name not in {f.name for f in release.files} | set(folder.OUTSIDE):
        yield Answer("file", Says.NO, f"{one_line(name, 100)} is not a file of this release")
    if image:
        there = image.rpartition("@")[2] in {i.rpartition("@")[2] for i in release.images}
        yield Answer("image", Says.YES if there else Says.NO, f"{image} is {'' if there else 'not '}in this release")


def _sums(place: Path, release: Release, name: str) -> Iterator[Answer]:
    try:
        listed = folder.parse_sums((place / folder.SUMS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        yield Answer("sums", Says.UNKNOWN, f"there is no {folder.SUMS}")
        listed = {}
    except InputError as problem:
        yield Answer("sums", Says.NO, str(problem))
        return
    wrong = folder.differing(place, [f for f in release.files if not name or f.name == name])
    if listed:
        known = {f.name: f.sha256 for f in release.files} | {folder.MANIFEST: folder.digest(place / folder.MANIFEST)}
        wrong += [f"{n} has another digest in {folder.SUMS}" for n, v in known.items() if listed.get(n) != v]
    if wrong:
        yield Answer("content", Says.NO, "; ".join(wrong[:10]))
    else:
        what = name or f"all {len(release.files)} files"
        yield Answer(
            "content", Says.YES, f"{what}: as listed in {folder.MANIFEST}" + (" and the sums" if listed else "")
        )


def _provenance(place: Path, release: Release, files: list[folder.File]) -> Iterator[Answer]:
    path = place / folder.STATEMENT
    if not path.is_file():
        yield Answer("statement", Says.UNKNOWN, f"there is no {folder.STATEMENT}")
        return
    try:
        statement = json.loads(_bytes(path))
        predicate = statement["predicate"]
        digests = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
        build = predicate["buildDefinition"]
        commits = {d.get("digest", {}).get("gitCommit") for d in build["resolvedDependencies"]} - {None}
        builder = str(predicate["runDetails"]["builder"]["id"])
        parameters = dict(build["externalParameters"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        yield Answer("statement", Says.NO, f"it is no SLSA provenance: {problem}")
        return
    if statement.get("predicateType") != PROVENANCE:
        yield Answer("statement", Says.NO, "it is a statement of another kind")
        return
    made_later = (folder.STATEMENT, folder.RECORD, folder.CRATE)
    wrong = [f.name for f in files if f.name not in made_later and digests.get(f.name) != f.sha256]
    if wrong:
        yield Answer("subjects", Says.NO, f"it does not tell of {', '.join(wrong[:10])}")
    else:
        yield Answer("subjects", Says.YES, f"it tells how these came to be, built by {one_line(builder, 120)}")
    same = commits == {release.commit}
    yield Answer("source", Says.YES if same else Says.NO, _source(commits, release.commit, same))
    if set(parameters) - {"tag"} or parameters.get("tag") != release.tag:
        yield Answer("parameters", Says.NO, f"built with {one_line(str(parameters), 100)}")
    if (place / folder.RECORD).is_file():
        yield _record(place, release, files)


def _record(place: Path, release: Release, files: list[folder.File]) -> Answer:
    """Whether the W3C PROV of the release is sound, and tells of these very files and this commit."""
    from assaymark.provenance.constraints import violations

    try:
        document = json.loads(_bytes(place / folder.RECORD))
        broken = violations(document)
        entities = document["entity"]
        made_later = (folder.RECORD, folder.CRATE)
        wrong = [f.name for f in files if f.name not in made_later and f"sha256:{f.sha256}" not in entities]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        return Answer("record", Says.NO, f"{folder.RECORD} is no record: {one_line(str(problem), 100)}")
    if broken:
        return Answer("record", Says.NO, f"{folder.RECORD} breaks constraints of W3C PROV: {broken[0].message}")
    if f"commit:{release.commit}" not in entities:
        return Answer("record", Says.NO, f"{folder.RECORD} does not tell of the commit {release.commit[:12]}")
    if wrong:
        return Answer("record", Says.NO, f"{folder.RECORD} does not tell of {', '.join(wrong[:10])}")
    return Answer("record", Says.YES, f"{folder.RECORD} is sound, and tells of these files and their commit")


def _source(commits: set[Any], commit: str, same: bool) -> str:
    return (
        f"built from {commit[:12]}" if same else f"built from {', '.join(sorted(map(str, commits))) or 'nothing known'}"
    )


def _signature(place: Path, release: Release, known: Known) -> Iterator[Answer]:
    """A Sigstore bundle over the files: what the workflow's certificate says, claim by claim; and the own key's."""
    path = place / folder.BUNDLE
    if (place / folder.SEALED).is_file():
        from assaymark.release import sealed

        yield from sealed.answers(place, release, known.own or OwnKeys(now=datetime.now(UTC)))
        if not path.is_file() and not known.workflow:
            return
    if not path.is_file():
        yield Answer("bundle", Says.UNKNOWN, f"there is no {folder.BUNDLE}: nobody vouches for the sums")
        return
    from assaymark.badges import keyless

    try:
        signer, statement = keyless.statement_of(_bytes(path), known.root)
        digests = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    except keyless.NoRoot as problem:
        yield Answer("bundle", Says.UNKNOWN, str(problem))
        return
    except (keyless.NotAttested, LookupError, TypeError) as problem:
        yield Answer("bundle", Says.NO, one_line(str(problem), 200))
        return
    wanted = {f.name: f.sha256 for f in release.files} | {folder.MANIFEST: folder.digest(place / folder.MANIFEST)}
    missing = [name for name, value in wanted.items() if digests.get(name) != value]
    if missing:
        yield Answer("bundle", Says.NO, f"it is not about {', '.join(missing[:10])}")
        return
    yield Answer("bundle", Says.YES, f"it holds, and is about all {len(wanted)} files")
    for claim in keyless.policy(signer, _rules(signer, release, known), release.repository, release.commit):
        says = Says.UNKNOWN if claim.holds is None else Says.YES if claim.holds else Says.NO
        yield Answer(claim.about, says, claim.text)


def _rules(signer: Signer, release: Release, known: Known) -> Rules:
    """Whom to believe: the workflow of ours that releases, the repository's own at the tag, or the one that was named.

    The repository's own must have run at the very commit; which commits of ours were released, this assaymark knows.
    """
    from assaymark.badges.keyless import Rules
    from assaymark.badges.signers import released

    tag = f"refs/tags/{release.tag}"
    name, _, at = signer.signer.rpartition("@")
    own = f"https://{release.repository}/.github/workflows/release.yml"
    commits = tuple(known.commits)
    if known.workflow:
        good = name == known.workflow
    elif name == OURS:
        good = True
        commits = commits or ((signer.signer_commit,) if signer.signer_commit in released() else ())
    else:
        good = (name, at) == (own, tag)
        commits = commits or (release.commit,)
    return Rules((signer.signer,) if good else (OURS,), commits, (tag,))


def _assessment(place: Path, release: Release) -> Iterator[Answer]:
    from assaymark.badges.award import follows

    assessment = _parsed(place)
    if isinstance(assessment, Answer):
        yield assessment
        return
    about = assessment.subject
    same = about.commit == release.commit and not about.dirty
    told = "this very commit" if same else f"{about.commit or 'no commit'}{' with changes' if about.dirty else ''}"
    yield Answer("subject", Says.YES if same else Says.NO, f"it judges {told}")
    if about.repository != (release.repository or None):
        yield Answer("repository", Says.NO, f"it judges {about.repository}, the release is of {release.repository}")
    if assessment.level.value != release.level:
        yield Answer("level", Says.NO, f"it gives {assessment.level}, the release claims {release.level}")
        return
    answer = follows(assessment)
    if answer is None:
        yield Answer("level", Says.UNKNOWN, f"there is no profile {assessment.profile} like theirs here")
    else:
        how = "follows" if answer else "does not follow"
        yield Answer("level", Says.YES if answer else Says.NO, f"{release.level} {how} from the results")


def _commit(place: Path, release: Release, known: Known) -> Iterator[Answer]:
    """What a clone says: where the tag is, and that the judged files are those of the commit."""
    if known.clone is None:
        yield Answer("clone", Says.UNKNOWN, f"{release.commit[:12]}; compared with nothing (--repository)")
        return
    from assaymark.subject.checkout import locate, open_subject
    from assaymark.subject.git import GitProblem

    found = locate(known.clone.resolve())
    if found is None:
        raise InputError("is no clone", where=str(known.clone))
    try:
        at = found[0].run("rev-parse", "--verify", "--quiet", f"refs/tags/{release.tag}^{{commit}}").decode().strip()
    except GitProblem:
        yield Answer("tag", Says.UNKNOWN, f"this clone has no {release.tag}: git fetch --tags")
    else:
        same = at == release.commit
        text = f"{release.tag} is at {at[:12]}" + ("" if same else f", the release is of {release.commit[:12]}")
        yield Answer("tag", Says.YES if same else Says.NO, text)
    try:
        subject = open_subject(known.clone, release.commit).subject
    except InputError:
        yield Answer("files", Says.UNKNOWN, f"this clone has no commit {release.commit[:12]}: git fetch")
        return
    assessment = _parsed(place)
    if isinstance(assessment, Answer):
        return
    same = assessment.subject.digest == subject.digest
    told = "file by file" if same else "but other files than those judged"
    yield Answer("files", Says.YES if same else Says.NO, f"{release.commit[:12]}, {told}")


def _published(place: Path, release: Release) -> Iterator[Answer]:
    """What the record of the publication says, held against the release; the places themselves are not asked."""
    from assaymark.provenance.constraints import violations
    from assaymark.release.record import publication

    try:
        told = publication(place, release)
        broken = violations(json.loads(_bytes(place / folder.PUBLISHED)))
    except InputError as problem:
        yield Answer("record", Says.NO, one_line(str(problem), 200))
        return
    if broken:
        yield Answer("record", Says.NO, f"{folder.PUBLISHED} breaks constraints of W3C PROV: {broken[0].message}")
        return
    yield Answer("record", Says.YES, f"{folder.PUBLISHED} is sound, and about this very release")
    of_release = {told.listed, *(image.rpartition("@sha256:")[2] for image in release.images)}
    for one in told.places:
        how = "seen there" if one.found else "put there"
        at = f"{one_line(one.address, 100)}, sha256:{one.sha256[:12]}, {how} {one.moment[:10]}"
        if one.sha256 not in of_release:
            yield Answer("place", Says.NO, f"{at}: what is there is not of this release")
        else:
            yield Answer("place", Says.YES, at + (", a draft" if one.draft else ""))


def _parsed(place: Path) -> Assessment | Answer:
    """The assessment in the folder, or why there is none."""
    from assaymark.reports.json import from_json

    path = place / folder.REPORT
    if not path.is_file():
        return Answer("report", Says.UNKNOWN, f"there is no {folder.REPORT}")
    try:
        return from_json(_bytes(path).decode("utf-8", "replace"), where=folder.REPORT)
    except InputError as problem:
        return Answer("report", Says.NO, one_line(str(problem), 200))


def _bytes(path: Path) -> bytes:
    if path.is_symlink() or path.stat().st_size > _LIMIT:
        raise InputError("is a link or larger than it can be", where=str(path))
    return path.read_bytes()
