"""Formats of data: which are open standards, and which of those carry their own description."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from assaymark_data.record import Part

# Extensions and last parts of media types: of formats that carry what the values mean, and of those that do not.
_TELLING = """
    geojson geo+json parquet vnd.apache.parquet x-parquet arrow feather avro nc nc4 netcdf x-netcdf h5 hdf5 x-hdf5
    x-hdf zarr vnd+zarr vnd.zarr grib grib2 grb wmo-grib2 tif tiff geotiff gpkg geopackage+sqlite3 fits root
    jsonld ld+json ttl turtle rdf rdf+xml nt n-triples n3 trig owl sqlite sqlite3 vnd.sqlite3 gml gml+xml las laz
    rdf_turtle rdf_xml rdf_n_triples json_ld
    vcf bam sam cram dicom dcm nii mzml cif mseed csvw cdf bufr cog flatgeobuf fgb vnd.flatgeobuf
"""
_PLAIN = """
    csv tsv tab-separated-values txt plain json jsonl ndjson x-ndjson xml ods vnd.oasis.opendocument.spreadsheet
    png jpeg jpg jp2 svg svg+xml pdf html md markdown kml fasta fastq fq fa pdb yaml yml wav flac mp4 webm
"""
STANDARD = dict.fromkeys(_TELLING.split(), True) | dict.fromkeys(_PLAIN.split(), False)
_WRAPPED = {"gz", "gzip", "bz2", "xz", "zst", "zip", "tar", "tgz", "x-gzip", "x-tar", "x-zip-compressed", "7z"}


def names_of(part: Part) -> list[str]:
    """The names by which a part's format is told: of the media type, and of the file's extensions."""
    media = part.media.lower().partition(";")[0].strip()
    found = [media.rpartition("/")[2].removeprefix("x-") or ""] if media and " " not in media else []
    found += [t for t in re.split(r"[\s,/()]+", part.media.lower()) if t and " " in part.media]
    found.append(media.rpartition("/")[2])
    found += ["geotiff"] if "geotiff" in part.media.lower() else []
    # The end of an address tells a format only where it is the data's own: not of a page, an item or a service.
    path = part.address.partition("?")[0].partition("#")[0] if part.direct else ""
    found[0:0] = [s.lstrip(".").lower() for s in PurePosixPath(path).suffixes[-2:]]
    return [f for f in dict.fromkeys(found) if f and f not in _WRAPPED]


def standard_of(part: Part) -> tuple[str, bool] | None:
    """Name of the open standard and whether it describes itself; None when it is none that is known."""
    return next(((n, STANDARD[n]) for n in reversed(names_of(part)) if n in STANDARD), None)


def told(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts whose format is told at all."""
    return tuple(p for p in parts if names_of(p))
