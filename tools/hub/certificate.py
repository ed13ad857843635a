"""A certificate for the Hub's names, made on the spot, that only one started Chromium trusts."""

from __future__ import annotations

import base64
import hashlib
import ssl
from dataclasses import dataclass

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True, slots=True)
class HubCertificate:
    """The hub's identity for one run; its private key never reaches a file that stays.

    Attributes:
        server_context: for the server's sockets.
        authority_pem: the certificate of the authority, for clients that can be given one.
        spki: base64 of the SHA-256 of the server's public key, as Chromium's command line wants it.
    """

    server_context: ssl.SSLContext
    authority_pem: bytes
    spki: str


def make_certificate(names: tuple[str, ...]) -> HubCertificate:
    """Make an authority and a certificate for DNS names; wildcards and addresses are allowed."""
    authority = trustme.CA()
    leaf = authority.issue_cert(*names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    leaf.configure_cert(context)
    certificate = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return HubCertificate(
        server_context=context,
        authority_pem=authority.cert_pem.bytes(),
        spki=base64.b64encode(hashlib.sha256(key).digest()).decode(),
    )
