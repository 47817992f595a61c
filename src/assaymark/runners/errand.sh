# On a node: a checkout is laid out, and something is done in it. POSIX sh, as report.sh.
#   errand.sh lines PATH             the file `lines` is run by /bin/sh, in PATH of the checkout
#   errand.sh assess KIT PYTHON MACHINE VERSION WORD…   assaymark of the archive KIT says the words
# Ends as what was done ends; with 125 when it could not be done here, and the last line tells why.
here=$PWD
unable() { printf 'assaymark: %s\n' "$1" >&2; exit 125; }
mkdir -p source || unable "nothing can be written here"
what=$1
shift
if [ "$what" = lines ]; then
  tar -xzf parcel.tar.gz -C source || unable "the checkout cannot be unpacked here (tar and gzip are needed)"
  cd "source/$1" || unable "the checkout has no $1"
  exec /bin/sh "$here/lines"
fi
kit=$1 given=$2 machine=$3 version=$4
shift 4
[ -r "$kit" ] || unable "this node does not see $kit: does it share that folder?"
[ "$(uname -m)" = "$machine" ] || unable "this node is a $(uname -m); assaymark was packed on a $machine"
seen=''
for python in $given "python$version" python3 python; do
  found=$("$python" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || continue
  [ "$found" != "$version" ] || exec "$python" -I "$here/errand.py" "$kit" "$@"
  seen="$seen $python is $found;"
done
unable "there is no Python $version here, which assaymark was packed for:${seen:- none at all;} it needs 3.11 or newer"
