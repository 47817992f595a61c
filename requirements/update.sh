#!/usr/bin/env bash
# Writes the hash-pinned locks anew: run.txt (the product with all its plugins), dev.txt (that and what develops it),
# uv.txt, and dagger-next.txt (the SDK that is still to come, for its tests). Names no index host, so that mirrors and
# sites without the Internet can use them.
#   requirements/update.sh              keep the versions that still fit
#   requirements/update.sh --upgrade    take the newest
set -euo pipefail
cd "$(dirname "$0")/.."

uv lock --quiet "$@"
lock() {
  uv export --quiet --frozen --all-packages --all-extras --no-emit-workspace --no-annotate --no-header \
    --format requirements.txt "${@:2}" --output-file "requirements/$1" > /dev/null
}
lock run.txt --no-default-groups
lock dev.txt --all-groups
alone() {
  uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header "${@:3}" \
    --output-file "requirements/$1" - <<< "$2" > /dev/null
}
# What .ci/run installs first.
alone uv.txt "uv>=0.9" "$@"
# Beside the environment, which has what else it asks for.
alone dagger-next.txt "dagger-io>=1.0.0b1" --no-deps --prerelease allow "$@"
