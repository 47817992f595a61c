"""Copying within registries by digest, with skopeo: what was judged is what is published, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import dagger
from dagger import dag

from assaymark.api import Outcome
from assaymark_pipelines.gate import PLAIN, Gate
from assaymark_pipelines.images import Reference
from assaymark_pipelines.manifest import Manifest
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import fetched

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
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
# sh SCRIPT ... SUBJECT TAG...: with a subject, only what refers to it (`sif.artifact`) gets a tag.
# A tag that already means this digest is left alone, so a second run changes nothing. One that begins with "=" is never
# taken from another image.
TAKEN = 9
PROMOTE = (
    "set -eu\n"
    + LOGIN
    + f"""\
subject=$1; shift
: > /reports/promoted.txt
if [ -n "$subject" ]; then
  skopeo inspect --tls-verify="$tls" --raw "docker://$source@$digest" > /tmp/artifact
  told='"subject":{{"digest":"'"$subject"'"'
  grep -qF "$told" /tmp/artifact || {{ echo "it was not made from $subject" >&2; exit 1; }}
fi
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logs in to the registry. The password is the engine's: nobody here has seen it."""

    user: str
    password: dagger.Secret


class Part(NamedTuple):
    """What a registry calls a manifest: digest, size in bytes, media type."""

    digest: str
    size: int
    kind: str


def login_of(manifest: Manifest, user: str) -> Login | None:
    """With the password in the variable that the manifest names; None for a registry that asks for none."""
    return Login(user=user, password=dag.secret(f"env://{manifest.password}")) if user else None


def box(manifest: Manifest, settings: Settings, login: Login | None, once: str) -> dagger.Container:
    """A container with skopeo. ``once`` differs from run to run: what a registry holds is nothing to remember."""
    if manifest.skopeo:
        made = fetched(manifest.skopeo, settings)
    else:
        install = "apt-get update -qq && apt-get install -qq -y --no-install-recommends skopeo > /dev/null"
        made = fetched(settings.base, settings).with_exec(["sh", "-euc", install])
    if login:
        made = made.with_mounted_secret(PASSWORD, login.password)
    return made.with_env_variable("ASSAYMARK_ONCE", once)


def words(
    script: str, manifest: Manifest, login: Login | None, digest: str, target: Reference, more: Sequence[str]
) -> list[str]:
    """A script that begins with `LOGIN`, and what it is told."""
    tls, user = "false" if manifest.plain_http else "true", login.user if login else ""
    fixed = [manifest.repository.host, user, tls, digest, manifest.candidate.repository, target.repository]
    return ["sh", "-c", script, "registry", *fixed, *more]


def promotion(
    made: dagger.Container,
    manifest: Manifest,
    login: Login | None,
    digest: str,
    tags: Sequence[str],
    *,
    subject: str = "",
    name: str = "promote",
) -> Gate:
    """Give the candidate of this digest its final tags; nothing is built, nothing is compressed again.

    A tag that begins with ``=`` stays what it is when another image has it: that is a finding, and then no tag moves.
    With ``subject``, only what says that it was made from that gets any.
    """
    argv = words(PROMOTE, manifest, login, digest, manifest.repository, (subject, *tags))
    meaning = {**PLAIN, TAKEN: Outcome.FAILED}
    return Gate(name=name, box=made, argv=tuple(argv), proof="promoted.txt", meaning=meaning)


def layout(made: dagger.Container, manifest: Manifest, login: Login | None, digest: str) -> Gate:
    """The candidate as it lies in the registry: an OCI layout for the tests at a site, and its index."""
    argv = words(FETCH, manifest, login, digest, manifest.candidate, ())
    return Gate(name="image", box=made, argv=tuple(argv), proof="image/", meaning=PLAIN)
