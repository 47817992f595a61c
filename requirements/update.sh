#!/usr/bin/env bash
# Writes the hash-pinned locks anew: run.txt (the product with all its plugins) and dev.txt (that and what develops
# it). Names no index host, so that mirrors and sites without the Internet can use them.
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
# What .ci/run installs first.
uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
  --output-file requirements/uv.txt - <<< "uv>=0.9" > /dev/null
