#!/usr/bin/env bash
# Installs assaymark once per job and runs one of its verbs; without a verb it only installs.
#   run.sh [VERB]     inputs: JSON in $INPUTS; plugins: names in $PLUGINS, separated by commas
# ASSAYMARK_ENVIRONMENT names an environment that has assaymark already: then nothing is installed.
# Nothing of the judged checkout is looked at: uv works in this repository's own folder, Python is isolated (-I).
set -euo pipefail

# The runner reads standard output and standard error apart: in one stream, their order is kept.
exec 2>&1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
plugins=${PLUGINS-python,linters,workflows}
work=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/assaymark

stop() {
  echo "::error title=assaymark::$1"
  [ -z "${GITHUB_OUTPUT:-}" ] || echo outcome=error >> "$GITHUB_OUTPUT"
  exit 4
}

# Settings of Python and uv may come from anywhere; only those that say where packages are to be had are kept.
clean() {
  local name
  for name in $(compgen -e); do
    case $name in
      UV_INDEX* | UV_DEFAULT_INDEX | UV_EXTRA_INDEX_URL | UV_FIND_LINKS | UV_NO_INDEX | UV_OFFLINE | UV_CACHE_DIR) ;;
      UV_SYSTEM_CERTS | UV_NATIVE_TLS | UV_INSECURE_HOST | UV_HTTP_* | UV_KEYRING_PROVIDER | UV_CONCURRENT_*) ;;
      UV_PYTHON_DOWNLOADS | UV_PYTHON_INSTALL_* | UV_LINK_MODE) ;;
      UV_* | PYTHON* | VIRTUAL_ENV | CONDA_PREFIX) unset "$name" ;;
    esac
  done
  export UV_NO_CONFIG=1 UV_NO_PROGRESS=1
  if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ -n "${PIP_INDEX_URL:-}" ]; then
    export UV_DEFAULT_INDEX=$PIP_INDEX_URL
  fi
}

# Before 0.8 uv lacked what is asked of it here.
recent() {
  case $("$1" --version) in
    "uv 0."[0-7].*) return 1 ;;
  esac
}

find_uv() {
  uv=$(command -v uv) && recent "$uv" && return
  uv=$work/uv/bin/uv
  [ -x "$uv" ] && return
  command -v python3 > /dev/null || stop "needs uv, or python3 with pip to install it"
  python3 -I -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
    --target "$work/uv" --requirement "$root/requirements/uv.txt" || stop "uv could not be installed"
}

install() {
  local folder=$PWD
  cd "$root"
  clean
  find_uv
  mkdir -p "$work"
  if [ ! -e "$environment/complete" ]; then
    "$uv" venv --quiet --clear --no-project --python '>=3.11' "$environment" || stop "there is no Python 3.11 or later"
  fi
  "$environment/bin/python" -I actions/setup/install.py "$uv" "$plugins" "$folder" "$@" \
    || stop "assaymark could not be installed"
}

case $plugins in
  *[!a-z,]*) stop "the input 'plugins' takes names separated by commas" ;;
esac
environment=${ASSAYMARK_ENVIRONMENT:-}
if [ -z "$environment" ]; then
  key=$({ echo "$root $plugins"; cat "$root/requirements/run.txt"; } | cksum)
  environment=$work/environment-${key%% *}
  (install "$@") || exit
fi
if [ $# -eq 0 ]; then
  echo "$environment/bin" >> "$GITHUB_PATH"
  echo "environment=$environment" >> "$GITHUB_OUTPUT"
  exit
fi
exec "$environment/bin/python" -I -X utf8 -m assaymark action "$*"
