"""SIF, the one file that Apptainer runs: made of the image of each platform, and published beside it.

What is published is the artifact that ``apptainer push`` makes too: ``apptainer pull oras://HOST/PATH:TAG`` takes it.
It refers to the image that it was made from, by digest, as its ``subject``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import dagger

from assaymark.api import Outcome
from assaymark_pipelines.gate import PLAIN, REPORTS, Gate, Result
from assaymark_pipelines.manifest import DEBIAN, PLATFORM, Manifest
from assaymark_pipelines.registry import LOGIN, MANIFEST, Login, Part, words
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import INPUTS, fetched

FILE = "image.sif"
KIND = "application/vnd.sylabs.sif.layer.v1.sif"
CONFIG = "application/vnd.sylabs.sif.config.v1+json"
NOTHING = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # the digest of {}
# sh SCRIPT sif ROOT FILE PROCESSOR: a SIF of a root file system, as `assaymark smoke` makes one for a site. Nobody owns
# its files and no time is in them.
MAKE = """\
mksquashfs "$1" "$2.squashfs" -noappend -no-progress -quiet -all-root -mkfs-time 0 -all-time 0 -comp gzip -no-xattrs
siftool new "$2"
siftool add --datatype 4 --partfs 1 --parttype 2 --partarch "$3" --groupid 1 "$2" "$2.squashfs"
rm "$2.squashfs"
"""
# How SIF numbers the processors of platforms.
PROCESSORS = dict(zip(PLATFORM, (2, 4, 3, 6, 12, 11), strict=True))
TOOLS = """\
command -v mksquashfs > /dev/null && command -v siftool > /dev/null && exit 0
apt-get update -qq && apt-get install -qq -y --no-install-recommends squashfs-tools siftool > /dev/null
"""
# What of the manifest only the file itself can tell.
SUM, SIZE = "@SUM@", "@SIZE@"
# An image layout around the file, which skopeo sends; then it is fetched again and compared.
PUBLISH = (
    "set -eu\n"
    + LOGIN
    + f"""\
tag=$1 artifact=$2 sif={INPUTS}/{FILE} blobs=/tmp/sif/blobs/sha256
mkdir -p "$blobs"
sum=$(sha256sum < "$sif" | cut -d' ' -f1)
size=$(wc -c < "$sif")
ln -s "$sif" "$blobs/$sum"
printf '{{}}' > "$blobs/{NOTHING}"
printf '%s' "$artifact" | sed "s/{SUM}/$sum/; s/\\"{SIZE}\\"/$((size))/" > {REPORTS}/artifact.json
made=$(sha256sum < {REPORTS}/artifact.json | cut -d' ' -f1)
size=$(wc -c < {REPORTS}/artifact.json)
cp {REPORTS}/artifact.json "$blobs/$made"
printf '{{"imageLayoutVersion":"1.0.0"}}' > /tmp/sif/oci-layout
printf '{{"schemaVersion":2,"manifests":[{{"mediaType":"{MANIFEST}","digest":"sha256:%s","size":%d}}]}}' \\
  "$made" "$((size))" > /tmp/sif/index.json
skopeo copy --preserve-digests --dest-tls-verify="$tls" oci:/tmp/sif "docker://$repository:$tag"
[ "$(digest_of "$repository:$tag")" = "$made" ] || {{ echo "$repository:$tag is not what was sent" >&2; exit 1; }}
skopeo copy --preserve-digests --src-tls-verify="$tls" "docker://$repository@sha256:$made" dir:/tmp/back
[ "$(sha256sum < "/tmp/back/$sum" | cut -d' ' -f1)" = "$sum" ] || {{ echo "another file came back" >&2; exit 1; }}
printf 'sha256:%s' "$made" > {REPORTS}/published.txt
"""
)


def making(platform: str, box: dagger.Container, tool: str, settings: Settings) -> Gate:
    """Make one: with the image that has Apptainer, or with what Debian has (the files alone)."""
    name = f"sif-{slug(platform)}"
    if tool == DEBIAN:
        made = fetched(settings.base, settings).with_exec(["sh", "-euc", TOOLS])
        made = made.with_mounted_directory("/rootfs", box.directory("/"))
        argv = ["sh", "-euc", MAKE, "sif", "/rootfs", f"{REPORTS}/{FILE}", str(PROCESSORS[platform])]
        return Gate(name=name, box=made, argv=tuple(argv), proof=FILE, meaning=PLAIN)
    made = fetched(tool, settings).with_file("/image.tar", box.as_tarball())
    argv = ["apptainer", "build", f"{REPORTS}/{FILE}", "oci-archive:///image.tar"]
    return Gate(name=name, box=made, argv=tuple(argv), proof=FILE, meaning=PLAIN)


def unable(manifest: Manifest) -> tuple[Result, ...]:
    """Asked for, and there is nothing that could make it: unknown, never passed."""
    if manifest.sif != "":
        return ()
    reason = f"nothing is named that makes one: sif = 'registry/apptainer@sha256:...', or sif = {DEBIAN!r}"
    return (Result(name="sif", outcome=Outcome.UNKNOWN, reason=reason),)


def artifact(subject: Part, annotations: Mapping[str, str]) -> str:
    """The manifest of the artifact, but for the digest and the size of the file."""
    config = {"mediaType": CONFIG, "digest": f"sha256:{NOTHING}", "size": 2}
    layer = {"mediaType": KIND, "digest": f"sha256:{SUM}", "size": SIZE}
    told = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": KIND,
        "config": config,
        "layers": [layer | {"annotations": {"org.opencontainers.image.title": FILE}}],
        "subject": {"mediaType": subject.kind, "digest": subject.digest, "size": subject.size},
        "annotations": dict(annotations),
    }
    # `registry.PROMOTE` looks for the subject in this spelling.
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def publication(
    made: dagger.Container,
    manifest: Manifest,
    login: Login | None,
    platform: str,
    file: dagger.File,
    told: str,
    tag: str,
) -> Gate:
    """Publish a SIF as a candidate, beside the image; ``told`` is its `artifact`, ``tag`` that of the image."""
    argv = words(PUBLISH, manifest, login, "", manifest.candidate, (tagged(tag, platform), told))
    box = made.with_file(f"{INPUTS}/{FILE}", file)
    return Gate(name=f"publish-sif-{slug(platform)}", box=box, argv=tuple(argv), proof="published.txt", meaning=PLAIN)


def tagged(tag: str, platform: str) -> str:
    """The tag of the SIF beside the image's: ``1.4.2-sif-amd64``."""
    return f"{tag}-sif-{slug(platform).removeprefix('linux-')}"


def slug(platform: str) -> str:
    """A platform as part of a name."""
    return platform.replace("/", "-")
