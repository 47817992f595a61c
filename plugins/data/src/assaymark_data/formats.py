"""Formats of data: which are open standards, and which of those carry their own description."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from assaymark_data.record import Part

# Extension or the last part of a media type -> whether a program learns from it what the values mean.
STANDARD = {
    "csv": False, "tsv": False, "tab-separated-values": False, "txt": False, "plain": False, "json": False,
    "geojson": True, "geo+json": True, "jsonl": False, "ndjson": False, "x-ndjson": False, "xml": False,
    "parquet": True, "vnd.apache.parquet": True, "x-parquet": True, "arrow": True, "feather": True, "avro": True,
    "nc": True, "nc4": True, "netcdf": True, "x-netcdf": True, "h5": True, "hdf5": True, "x-hdf5": True, "x-hdf": True,
    "zarr": True, "vnd+zarr": True, "vnd.zarr": True, "grib": True, "grib2": True, "grb": True, "wmo-grib2": True,
    "tif": True, "tiff": True, "geotiff": True, "gpkg": True, "geopackage+sqlite3": True, "fits": True, "root": True,
    "jsonld": True, "ld+json": True, "ttl": True, "turtle": True, "rdf": True, "rdf+xml": True, "nt": True,
    "n-triples": True, "n3": True, "trig": True, "owl": True, "sqlite": True,
    "sqlite3": True, "vnd.sqlite3": True, "ods": False,
    "vnd.oasis.opendocument.spreadsheet": False, "png": False, "jpeg": False, "jpg": False, "jp2": False, "svg": False,
    "svg+xml": False, "pdf": False, "html": False, "md": False, "markdown": False, "gml": True, "gml+xml": True,
    "kml": False, "las": True, "laz": True, "vcf": True, "fasta": False, "fastq": False, "fq": False, "fa": False,
    "bam": True, "sam": True, "cram": True, "dicom": True, "dcm": True, "nii": True, "mzml": True, "cif": True,
    "pdb": False, "yaml": False, "yml": False, "wav": False, "flac": False, "mp4": False, "webm": False, "mseed": True,
    "csvw": True, "cdf": True, "bufr": True, "cog": True, "flatgeobuf": True, "fgb": True, "vnd.flatgeobuf": True,
}  # fmt: skip
_WRAPPED = {"gz", "gzip", "bz2", "xz", "zst", "zip", "tar", "tgz", "x-gzip", "x-tar", "x-zip-compressed", "7z"}


def names_of(part: Part) -> list[str]:
    """The names by which a part's format is told: of the media type, and of the file's extensions."""
    media = part.media.lower().partition(";")[0].strip()
    found = [media.rpartition("/")[2].removeprefix("x-") or ""] if media and " " not in media else []
    found += [t for t in re.split(r"[\s,/()]+", part.media.lower()) if t and " " in part.media]
    found.append(media.rpartition("/")[2])
    path = part.address.partition("?")[0].partition("#")[0]
    found += [s.lstrip(".").lower() for s in PurePosixPath(path).suffixes[-2:]]
    return [f for f in dict.fromkeys(found) if f and f not in _WRAPPED]


def standard_of(part: Part) -> tuple[str, bool] | None:
    """Name of the open standard and whether it describes itself; None when it is none that is known."""
    return next(((n, STANDARD[n]) for n in reversed(names_of(part)) if n in STANDARD), None)


def told(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts whose format is told at all."""
    return tuple(p for p in parts if names_of(p))
