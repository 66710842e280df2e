"""The registry's electronic seal on a PDF: PAdES (baseline B), certifying, so that nothing may be added.

Any reader shows a sealed file that was changed as broken. The same file under the same key gives the same
bytes: RSA as PKCS #1 v1.5, dated by the day of issue. Not here: which key (proof.signing). Why: D-147.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from dagster_project.proof.signing import SealKey

_FIELD, _REGISTRY = "Cachet", "Registre de preuve de covoiturage"
_RESERVED = 16_384  # hexadecimal digits for the signature with its certificates


def sealed(pdf: bytes, key: SealKey, issued_on: date, reason: str) -> bytes:
    """The PDF under the seal; `reason` is what a reader shows of it."""
    from pyhanko.pdf_utils.generic import ByteStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class Signer(signers.Signer):
        """Signs by the key as it is: pyHanko's own checks an RSA key at each signature, a quarter second."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            return key.key.sign(data, PKCS1v15(), SHA256())

    class Writer(IncrementalPdfFileWriter):
        """Adds the seal and nothing else: neither the wall clock nor another producer."""

        def _update_meta(self) -> None:
            """Leave the document's own metadata."""

        @classmethod
        def _handle_id(cls, prev: Any) -> Any:
            identifiers = super()._handle_id(prev)  # type: ignore[no-untyped-call]
            identifiers[1] = ByteStringObject(hashlib.sha256(pdf).digest()[:16])
            return identifiers

    class PdfSigner(signers.PdfSigner):
        """Dates by the day of issue."""

        def init_signing_session(self, *arguments: Any, **named: Any) -> Any:
            session = super().init_signing_session(*arguments, **named)
            session.system_time = datetime.combine(issued_on, time(), UTC)
            return session

    own, *others = [_loaded(certificate) for certificate in key.certificates]
    writer = Writer(BytesIO(pdf))
    meta = signers.PdfSignatureMetadata(
        field_name=_FIELD, md_algorithm="sha256", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES, name=_REGISTRY, reason=reason,
    )  # fmt: skip
    chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    chain.register_multiple(others)
    signer = Signer(signing_cert=own, cert_registry=chain)
    signed = PdfSigner(meta, signer=signer).sign_pdf(writer, bytes_reserved=_RESERVED)
    content = signed.getvalue()
    assert isinstance(content, bytes)
    return content


def broken(pdf: bytes, certificates: Sequence[x509.Certificate]) -> Iterator[str]:
    """What is wrong with the seal of a PDF, in French; nothing where it is whole and the registry's."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    remedy = "demander le document au registre"
    try:
        yield from _annotated(PdfReader(BytesIO(pdf)))
        seals = PdfFileReader(BytesIO(pdf)).embedded_signatures
        if len(seals) != 1:
            fault = "aucun cachet électronique" if not seals else f"{len(seals)} cachets au lieu d’un"
            yield f"{fault} : il a été retiré ou ajouté, ou le document date d’avant les cachets ; {remedy}"
            return
        context = ValidationContext(
            trust_roots=[_loaded(certificate) for certificate in certificates],
            moment=seals[0].self_reported_timestamp,
            allow_fetching=False,
        )
        status = validate_pdf_signature(seals[0], context, skip_diff=True)
    except (PdfError, PyPdfError, SignatureValidationError, ValueError, KeyError) as error:
        yield f"cachet électronique illisible ({type(error).__name__}) ; {remedy}"
        return
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        yield "le fichier a été complété après le cachet"
    if not (status.intact and status.valid):
        yield "le cachet électronique est rompu : le fichier a été modifié"
    if status.signing_cert.dump() not in [
        certificate.public_bytes(Encoding.DER) for certificate in certificates
    ]:
        yield "le cachet n’est pas celui du registre : un autre certificat l’a posé"


def _annotated(reader: PdfReader) -> Iterator[str]:
    """Annotations hide or add what the page does not say; the seal's own field is the only one there is."""
    for number, page in enumerate(reader.pages, 1):
        annotations = [annotation.get_object() for annotation in page.get("/Annots", [])]
        if others := sum(
            1
            for annotation in annotations
            if (annotation.get("/FT"), annotation.get("/T")) != ("/Sig", _FIELD)
        ):
            yield f"page {number} : {others} annotation(s), qui cachent ou ajoutent quelque chose"


def _loaded(certificate: x509.Certificate) -> Any:
    from asn1crypto.x509 import Certificate

    return Certificate.load(certificate.public_bytes(Encoding.DER))
