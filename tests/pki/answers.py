"""A company's CA, as far as tests need one: it answers a request with what the request says, and no more."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from components.clock import SystemClock
from tests.pki.makers import Foreign, own_ca


def new_ca(name: str, signer: Foreign | None = None) -> Foreign:
    """Return a CA that began an hour ago."""
    now = SystemClock().now()
    return own_ca(name, signer, begins=now - timedelta(hours=1), ends=now + timedelta(days=2000))


def signed(request_pem: str, authority: Foreign) -> Foreign:
    """Return the certificate for a request."""
    request, now = x509.load_pem_x509_csr(request_pem.encode()), SystemClock().now()
    builder = x509.CertificateBuilder(
        authority.certificate.subject,
        request.subject,
        request.public_key(),
        x509.random_serial_number(),
        now - timedelta(hours=1),
        now + timedelta(days=200),
    )
    for each in request.extensions:
        builder = builder.add_extension(each.value, each.critical)
    return Foreign(builder.sign(authority.key, hashes.SHA256()), authority.key)
