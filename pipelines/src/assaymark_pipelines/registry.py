"""Copying within registries by digest, with skopeo: what was judged is what is published, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

import dagger
from dagger import dag

from assaymark.api import Outcome
from assaymark_pipelines.gate import PLAIN, Gate
from assaymark_pipelines.images import Reference
from assaymark_pipelines.manifest import Manifest
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import fetched

PASSWORD = "/run/secrets/registry-password"
# sh SCRIPT HOST USER TLS DIGEST SOURCE REPOSITORY TAG...: the password comes from a file, never from an argument.
LOGIN = f"""\
host=$1 user=$2 tls=$3 digest=$4 source=$5 repository=$6; shift 6
export REGISTRY_AUTH_FILE=/tmp/registry-auth.json
[ -z "$user" ] || skopeo login --tls-verify="$tls" --username "$user" --password-stdin "$host" < {PASSWORD}
digest_of() {{
  skopeo inspect --tls-verify="$tls" --raw "docker://$1" > /tmp/raw && sha256sum /tmp/raw | cut -d' ' -f1
}}
"""
# A tag that already means this digest is left alone, so a second run changes nothing. One that begins with "=" is never
# taken from another image.
TAKEN = 9
PROMOTE = (
    "set -eu\n"
    + LOGIN
    + f"""\
: > /reports/promoted.txt
for word; do
  tag=${{word#=}}
  have=$(digest_of "$repository:$tag" 2> /dev/null) || have=
  if [ "$word" != "$tag" ] && [ -n "$have" ] && [ "sha256:$have" != "$digest" ]; then
    echo "$repository:$tag is another image, sha256:$have: raise the version" >&2
    exit {TAKEN}
  fi
done
"""
    + """\
for word; do
  tag=${word#=}
  have=$(digest_of "$repository:$tag" 2> /dev/null) || have=
  if [ "sha256:$have" != "$digest" ]; then
    skopeo copy --all --preserve-digests --src-tls-verify="$tls" --dest-tls-verify="$tls" \\
      "docker://$source@$digest" "docker://$repository:$tag"
    have=$(digest_of "$repository:$tag")
  fi
  [ "sha256:$have" = "$digest" ] || { echo "$repository:$tag is sha256:$have, not $digest" >&2; exit 1; }
  echo "$repository:$tag@$digest" >> /reports/promoted.txt
done
"""
)
FETCH = (
    "set -eu\n"
    + LOGIN
    + """\
skopeo inspect --tls-verify="$tls" --raw "docker://$source@$digest" > /reports/index.json
skopeo copy --preserve-digests --src-tls-verify="$tls" "docker://$source@$digest" "oci:/reports/image:candidate"
"""
)


def box(manifest: Manifest, settings: Settings, user: str, once: str) -> dagger.Container:
    """A container with skopeo. ``once`` differs from run to run: what a registry holds is nothing to remember."""
    if manifest.skopeo:
        made = fetched(manifest.skopeo, settings)
    else:
        install = "apt-get update -qq && apt-get install -qq -y --no-install-recommends skopeo > /dev/null"
        made = fetched(settings.base, settings).with_exec(["sh", "-euc", install])
    if user:
        made = made.with_mounted_secret(PASSWORD, dag.secret(f"env://{manifest.password}"))
    return made.with_env_variable("ASSAYMARK_ONCE", once)


def _argv(script: str, manifest: Manifest, user: str, digest: str, target: Reference, tags: Sequence[str]) -> list[str]:
    tls = "false" if manifest.plain_http else "true"
    fixed = [manifest.repository.host, user, tls, digest, manifest.candidate.repository, target.repository]
    return ["sh", "-c", script, "registry", *fixed, *tags]


def promotion(made: dagger.Container, manifest: Manifest, user: str, digest: str, tags: Sequence[str]) -> Gate:
    """Give the candidate of this digest its final tags; nothing is built, nothing is compressed again.

    A tag that begins with ``=`` stays what it is when another image has it: that is a finding, and then no tag moves.
    """
    argv = _argv(PROMOTE, manifest, user, digest, manifest.repository, tags)
    meaning = {**PLAIN, TAKEN: Outcome.FAILED}
    return Gate(name="promote", box=made, argv=tuple(argv), proof="promoted.txt", meaning=meaning)


def layout(made: dagger.Container, manifest: Manifest, user: str, digest: str) -> Gate:
    """The candidate as it lies in the registry: an OCI layout for the tests at a site, and its index."""
    argv = _argv(FETCH, manifest, user, digest, manifest.candidate, ())
    return Gate(name="image", box=made, argv=tuple(argv), proof="image/", meaning=PLAIN)
