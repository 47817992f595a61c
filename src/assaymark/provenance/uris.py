"""Every address that our provenance names, in one table: they move, and readers match them letter by letter."""

from __future__ import annotations

from types import MappingProxyType

VOCABULARY = "https://assaymark.github.io/vocabulary#"
VERIFIER = "https://assaymark.github.io/verifier/v1"
BUILD_TYPE = "https://assaymark.github.io/buildtypes/release/v1"
# What built a release that no workflow built.
LOCAL_BUILDER = "urn:assaymark:builder:local"
CATALOGUE = "https://assaymark.github.io/assaymark/criteria/#"
HOME = "https://github.com/assaymark/assaymark"

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATES = MappingProxyType(
    {
        "test-result": "https://in-toto.io/attestation/test-result/v0.1",
        "svr": "https://in-toto.io/attestation/svr/v0.2",
        "scai": "https://in-toto.io/attestation/scai/v0.3",
        "reference": "https://in-toto.io/attestation/reference/v0.1",
        "slsa-provenance": "https://slsa.dev/provenance/v1",
        "vsa": "https://slsa.dev/verification_summary/v1",
    }
)

CRATE = "https://w3id.org/ro/crate/1.1"
CRATE_CONTEXTS = ("https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context")
CRATE_PROFILES = MappingProxyType(
    {
        "process": ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
        "workflow": ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
        "provenance": ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5"),
        "workflowhub": ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
    }
)
COMPLETED = "http://schema.org/CompletedActionStatus"
FAILED = "http://schema.org/FailedActionStatus"
DOCKER_IMAGE = "https://w3id.org/ro/terms/workflow-run#DockerImage"
GITHUB_SERVICE = "https://w3id.org/ro/terms/test#GithubService"
# What RO-Crate's own contexts do not define of the words that we use: those for tests.
TEST_TERMS = MappingProxyType(
    {
        term: f"https://w3id.org/ro/terms/test#{term}"
        for term in ("TestSuite", "TestInstance", "TestService", "instance", "runsOn", "resource")
    }
)

EVERSE_CONTEXT = "https://w3id.org/everse/rsqa/0.0.1/"
EVERSE_INDICATOR = "https://w3id.org/everse/i/indicators/"

# One prefix means one namespace in every file that we write; ``run`` and ``commit`` depend on the subject.
NAMESPACES = MappingProxyType(
    {
        "am": VOCABULARY,
        "sha256": "urn:sha256:",
        "tool": "pkg:generic/",
        "id": "https://assaymark.github.io/id/",
        "criterion": CATALOGUE,
    }
)
