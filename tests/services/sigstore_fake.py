"""A Sigstore of our own: a certificate authority, a log of certificates and a log of signatures, made for a test.

What it signs is accepted by the real sigstore-python, and only through the root of trust that `Sigstore.root` gives.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FULCIO = "1.3.6.1.4.1.57264.1."
SCTS = "1.3.6.1.4.1.11129.2.4.2"
CLAIMS = {
    "issuer": 8,
    "signer": 9,
    "signer_commit": 10,
    "runner": 11,
    "repository": 12,
    "commit": 13,
    "ref": 14,
    "trigger": 20,
}


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def der(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form)


def sign(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    return key.sign(content, ec.ECDSA(hashes.SHA256()))


def text(value: str) -> bytes:
    """A UTF8String in DER."""
    raw = value.encode()
    size = bytes([len(raw)]) if len(raw) < 128 else b"\x81" + bytes([len(raw)])
    return b"\x0c" + size + raw


def octets(raw: bytes) -> bytes:
    """An OCTET STRING in DER."""
    size = bytes([len(raw)]) if len(raw) < 128 else b"\x81" + bytes([len(raw)])
    return b"\x04" + size + raw


class Sigstore:
    """One instance with keys of its own."""

    def __init__(self) -> None:
        self.ca, self.certificates, self.log = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of a test")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.authority = (
            self._begun(self.name, self.ca, timedelta(days=300))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.ca.public_key()), critical=False)
            .sign(self.ca, hashes.SHA256())
        )

    def root(self) -> bytes:
        """The root of trust, as a file."""
        start = {"start": (self.now - timedelta(days=1)).isoformat().replace("+00:00", "Z")}

        def log(key: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            public = {"rawBytes": b64(der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": start}
            name = {"keyId": b64(hashlib.sha256(der(key)).digest())}
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": name}

        raw = self.authority.public_bytes(serialization.Encoding.DER)
        authority = {
            "subject": {"organization": "test", "commonName": "authority of a test"},
            "uri": "https://fulcio.example",
            "certChain": {"certificates": [{"rawBytes": b64(raw)}]},
            "validFor": start,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.log, "https://rekor.example")],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self.certificates, "https://ct.example")],
                "timestampAuthorities": [],
            }
        ).encode()

    def attest(self, statement: Any, claims: Mapping[str, str], kind: str = "application/vnd.in-toto+json") -> bytes:
        """A bundle over a statement, by a job of which the certificate says ``claims``."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self._leaf(key, claims)
        payload = json.dumps(statement).encode()
        before = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        signature = sign(key, before)
        envelope = {"payload": b64(payload), "payloadType": kind, "signatures": [{"sig": b64(signature)}]}
        raw = leaf.public_bytes(serialization.Encoding.DER)
        bundle = {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(raw)},
                "tlogEntries": [self._entry(leaf, payload, signature)],
            },
            "dsseEnvelope": envelope,
        }
        return json.dumps(bundle).encode()

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, lifetime: timedelta
    ) -> x509.CertificateBuilder:
        start = self.now - timedelta(seconds=30)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + lifetime)
        )

    def _leaf(self, key: ec.EllipticCurvePrivateKey, claims: Mapping[str, str]) -> x509.Certificate:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(claims["name"])])
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        builder = (
            self._begun(x509.Name([]), key, timedelta(minutes=10))
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.public_key()), critical=False)
            .add_extension(names, critical=True)
        )
        for claim, number in CLAIMS.items():
            if claim in claims:
                oid = x509.ObjectIdentifier(f"{FULCIO}{number}")
                builder = builder.add_extension(x509.UnrecognizedExtension(oid, text(claims[claim])), critical=False)
        bare = builder.sign(self.ca, hashes.SHA256())
        stamp = x509.UnrecognizedExtension(x509.ObjectIdentifier(SCTS), self._stamps(bare.tbs_certificate_bytes))
        return builder.add_extension(stamp, critical=False).sign(self.ca, hashes.SHA256())

    def _stamps(self, body: bytes) -> bytes:
        """One signed certificate timestamp (RFC 6962, 3.2) over a certificate that does not have it yet."""
        moment = int(self.now.timestamp() * 1000)
        issuer = hashlib.sha256(der(self.ca)).digest()
        signed = struct.pack(">BBQH", 0, 0, moment, 1) + issuer + len(body).to_bytes(3, "big") + body + b"\0\0"
        signature = sign(self.certificates, signed)
        stamp = b"\0" + hashlib.sha256(der(self.certificates)).digest() + struct.pack(">QH", moment, 0)
        stamp += b"\x04\x03" + struct.pack(">H", len(signature)) + signature
        listed = struct.pack(">H", len(stamp)) + stamp
        return octets(struct.pack(">H", len(listed)) + listed)

    def _entry(self, leaf: x509.Certificate, payload: bytes, signature: bytes) -> dict[str, Any]:
        """What the log of signatures has, with its promise and its proof: a tree of one leaf."""
        verifier = b64(leaf.public_bytes(serialization.Encoding.PEM))
        body = rfc8785.dumps(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                    "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                    "signatures": [{"signature": b64(signature), "verifier": verifier}],
                },
            }
        )
        name = hashlib.sha256(der(self.log)).digest()
        moment = int(self.now.timestamp())
        promise = rfc8785.dumps({"body": b64(body), "integratedTime": moment, "logID": name.hex(), "logIndex": 0})
        top = hashlib.sha256(b"\0" + body).digest()
        note = f"rekor.example - 1\n1\n{b64(top)}\n"
        mark = b64(name[:4] + sign(self.log, note.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(name)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": b64(sign(self.log, promise))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": b64(top),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 rekor.example {mark}\n"},
            },
            "canonicalizedBody": b64(body),
        }
