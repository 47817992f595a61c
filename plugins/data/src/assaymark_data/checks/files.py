"""Files as files: complete, unaltered, harmless to open, readable as text, of sensible size."""

from __future__ import annotations

from assaymark.api import Evidence, check
from assaymark_data.checks.quality import Report, several
from assaymark_data.dataset import Dataset
from assaymark_data.files import Looked


@check("data.files-complete")
def complete(data_files: Dataset, data_looked: Looked) -> Evidence:
    """Every file that manifest, package, crate or checksum list names is there, not empty, of the size it states."""
    report = Report("files-complete", data_files)
    for seen in data_looked.seen:
        if seen.problem:
            report.bad(seen.file.path, seen.problem)
        elif not seen.size:
            report.bad(seen.file.path, "is empty")
        elif seen.file.size is not None and seen.file.size != seen.size:
            report.bad(seen.file.path, f"has {seen.size:,} bytes, and {seen.file.size:,} are stated")
        else:
            report.good(f"{seen.file.path} is there")
    for lost in data_looked.lost:
        report.bad(lost.path, f"is not there; {lost.by}:{lost.line} names it")
    for problem in data_looked.bags:
        report.bad("bagit.txt", problem)
    total = sum(s.size for s in data_looked.seen)
    return report.evidence(
        "no file is named",
        "put the files there, or mend what names them",
        {"bytes": total, "files": len(data_looked.seen)},
    )


@check("data.files-unaltered")
def unaltered(data_files: Dataset, data_looked: Looked) -> Evidence:
    """A checksum is stated of every file, and it is right."""
    report = Report("files-unaltered", data_files)
    for seen in data_looked.seen:
        if seen.wrong:
            report.bad(seen.file.path, "; ".join(seen.wrong))
        elif seen.problem:
            report.open_(seen.file.path, seen.problem)
        elif seen.checked:
            report.good(f"{seen.file.path} is what its checksum states")
    for problem in data_looked.broken:
        report.open_(problem.partition(":")[0].split(" ")[0], problem)
    bare = [s.file.path for s in data_looked.seen if not s.checked and not s.problem]
    if bare:
        report.bad(bare[0], f"no checksum is stated of {several(bare)}")
    return report.evidence("no file is named", 'sha256sum FILES > SHA256SUMS, and name it: checksums = ["SHA256SUMS"]')


@check("data.files-harmless")
def harmless(data_files: Dataset, data_looked: Looked) -> Evidence:
    """No file is one whose loading runs code: pickles and their like, which are never opened here."""
    report = Report("files-harmless", data_files)
    for seen in data_looked.seen:
        if seen.pickle:
            report.bad(seen.file.path, "is a pickle or may be one: loading it runs code, so it was not opened")
        elif seen.problem:
            report.open_(seen.file.path, seen.problem)
        else:
            report.good(f"{seen.file.path} holds data only")
    return report.evidence("no file is named", "store the data as Parquet, NetCDF, Zarr, CSV or NPZ without objects")


@check("data.files-text")
def text(data_files: Dataset, data_looked: Looked) -> Evidence:
    """Text files are in the encoding that is stated, which is UTF-8 unless something else is said."""
    report = Report("files-text", data_files)
    for seen in data_looked.seen:
        if seen.not_text:
            report.bad(seen.file.path, seen.not_text)
        elif seen.problem:
            report.open_(seen.file.path, seen.problem)
        elif seen.file.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "ascii", "us-ascii"):
            report.note(seen.file.path, f"is in {seen.file.encoding}: UTF-8 is read everywhere")
            report.good(f"{seen.file.path} is {seen.file.encoding}")
        else:
            report.good(f"{seen.file.path} is what it states")
    return report.evidence("no file is named", "convert it (iconv -t UTF-8), or state its encoding")


@check("data.files-size")
def size(data_files: Dataset, data_looked: Looked) -> Evidence:
    """No file is larger than the manifest allows."""
    report = Report("files-size", data_files)
    if data_files.largest is None:
        return report.evidence("the manifest states no largest size", "")
    for seen in data_looked.seen:
        if seen.size > data_files.largest:
            report.bad(seen.file.path, f"has {seen.size:,} bytes, and {data_files.largest:,} are allowed")
        elif seen.problem:
            report.open_(seen.file.path, seen.problem)
        else:
            report.good(f"{seen.file.path} has {seen.size:,} bytes")
    return report.evidence("no file is named", "divide the file, or raise the limit: file-bytes in [limits]")


CHECKS = (complete, unaltered, harmless, text, size)
