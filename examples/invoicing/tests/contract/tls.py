"""TLS in front of a server on this machine, with an authority that nobody knows."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


class Authority:
    """Its own certificate is in `file`; `context` is for a server by the name of `host`."""

    def __init__(self, folder: Path, host: str = "localhost") -> None:
        key, self.file = (
            ec.generate_private_key(ec.SECP256R1()),
            folder / "authority.pem",
        )
        own = _certificate("authority", key.public_key(), key, None)
        self.file.write_bytes(own.public_bytes(Encoding.PEM))
        server_key, server = (
            ec.generate_private_key(ec.SECP256R1()),
            folder / "server.pem",
        )
        certificate = _certificate(host, server_key.public_key(), key, own)
        secret = server_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        server.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(server)
        self.context.set_alpn_protocols(["postgresql"])


def _certificate(
    name: str,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    """For a server by that name; for the authority itself where there is no issuer."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signers = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signers),
            critical=False,
        )
        .sign(signer, SHA256())
    )


@asynccontextmanager
async def in_front(url: str, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of localhost where what is said in TLS is passed on, as it is, to a server."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, onward = await _connect(url)
        await asyncio.gather(_pass_on(reader, onward), _pass_on(behind, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(parts.path)
    host, port = (
        options.get("host") or parts.hostname,
        options.get("port") or parts.port,
    )
    if host and host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port or 5432}")
    return await asyncio.open_connection(host, port or 5432)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while said := await reader.read(65_536):
            writer.write(said)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
