"""The one tree of failures: each class is one failure that a standard names.

    VCError
    |-- MalformedError                        the bytes or members are not what the format asks for
    |   |-- ParsingError                      PARSING_ERROR: not JSON, duplicate keys, too deep, too large
    |   |-- MalformedValueError               MALFORMED_VALUE_ERROR: a member has the wrong shape
    |   |-- RangeError                        RANGE_ERROR: a value outside its range
    |   |-- EncodingError                     multibase, multicodec, base64url, CBOR
    |   `-- PointerError                      a JSON pointer that selects nothing
    |-- JSONLDError                           the document cannot be turned into statements
    |   |-- ContextNotAcceptedError           an @context that is unknown here or not accepted by policy
    |   |-- ContextIntegrityError             a pinned context file is not the one that was pinned
    |   |-- DataLossError                     a member would silently not be signed
    |   |-- AmbiguousTermsError               two used terms of one node share one IRI
    |   `-- ComplexityError                   size, depth, statement or canonicalization limit
    |-- KeyMaterialError                      a key that is not a key
    |   `-- UnsupportedKeyError               a key of a type not supported (or not for this suite)
    |-- CryptographicSecurityError            CRYPTOGRAPHIC_SECURITY_ERROR
    |   `-- InvalidSignatureError             the signature does not fit
    |-- DIDError                              DID resolution, by the resolution specification's codes
    |   |-- InvalidDIDError, InvalidDIDURLError, MethodNotSupportedError, DIDNotFoundError
    |   |-- InvalidDIDDocumentError, InvalidPublicKeyError, InvalidPublicKeyLengthError
    |   |-- UnsupportedPublicKeyTypeError, InvalidPublicKeyTypeError, DIDInternalError
    |-- VerificationMethodError               CID 1.0 retrieval of a verification method
    |   |-- InvalidVerificationMethodURLError, InvalidVerificationMethodError
    |   |-- InvalidControlledIdentifierDocumentError, InvalidControlledIdentifierDocumentIdError
    |   |-- InvalidRelationshipError          the key may not be used for this purpose
    |   `-- RetiredKeyError                   the key was revoked or had expired
    |-- ProofError
    |   |-- ProofGenerationError              PROOF_GENERATION_ERROR
    |   |-- ProofTransformationError          PROOF_TRANSFORMATION_ERROR
    |   `-- ProofVerificationError            PROOF_VERIFICATION_ERROR
    |       |-- NoProofError, UnsupportedCryptosuiteError, BaseProofPresentedError
    |       |-- UnsupportedSecuringMechanismError   an enveloping proof, recognised and not supported
    |       |-- ProofExpiredError, ProofPurposeError, PreviousProofError, IssuerKeyMismatchError
    |       |-- InvalidDomainError            INVALID_DOMAIN_ERROR
    |       `-- InvalidChallengeError         INVALID_CHALLENGE_ERROR
    |-- CredentialError                       VCDM conformance of a credential or presentation
    |   |-- RelatedResourceError              a related resource whose digest differs
    |   |-- CredentialSchemaError             the credential does not fit its schema
    |   `-- HolderBindingError                the presenter is not the one the credential is bound to
    |-- IssuerNotAcceptedError                the relying party does not accept this issuer: nothing checked
    |-- StatusError                           Bitstring Status List
    |   |-- StatusRetrievalError              STATUS_RETRIEVAL_ERROR
    |   |-- StatusVerificationError           STATUS_VERIFICATION_ERROR
    |   `-- StatusListLengthError             STATUS_LIST_LENGTH_ERROR
    |-- FetchError                            a URL could not be read
    |   |-- FetchNotFoundError                the server says that there is nothing
    |   `-- FetchRefusedError                 a URL that must not be read
    |-- StoreError, SealingError, ConfigurationError     files, databases, settings
    `-- RecordError                           a health record that cannot be true

Every error carries `type`, the standard's problem type URL (None where no standard names the failure),
and `code`, a short stable word for programs. Messages say what was expected and what came; they never
hold keys, claims or unspent nonces. Who catches what: docs/decisions/0003-errors.md.

Sources: https://www.w3.org/TR/vc-data-model-2.0/#problem-details,
https://www.w3.org/TR/vc-data-integrity/#processing-errors, https://www.w3.org/TR/cid-1.0/#processing-errors,
https://www.w3.org/TR/vc-bitstring-status-list/#processing-errors,
https://www.w3.org/TR/did-resolution/#errors.
"""

from __future__ import annotations

from typing import ClassVar

_VCDM = "https://www.w3.org/TR/vc-data-model#"
_SECURITY = "https://w3id.org/security#"
_STATUS = "https://www.w3.org/ns/credentials/status-list#"
_DID = "https://www.w3.org/ns/did#"


class VCError(Exception):
    """Something was refused; the class says what."""

    type: ClassVar[str | None] = None
    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MalformedError(VCError):
    """The bytes or members are not what the format asks for."""

    type = _VCDM + "MALFORMED_VALUE_ERROR"
    code = "malformed"


class ParsingError(MalformedError):
    """The text is not acceptable JSON (or not an acceptable form at all)."""

    type = _VCDM + "PARSING_ERROR"
    code = "parsing"


class MalformedValueError(MalformedError):
    """A member is missing or has the wrong shape."""

    type = _VCDM + "MALFORMED_VALUE_ERROR"
    code = "malformed-value"


class RangeError(MalformedError):
    """A value lies outside the range the standard allows."""

    type = _VCDM + "RANGE_ERROR"
    code = "range"


class EncodingError(MalformedError):
    """A multibase, multicodec, base64url or CBOR value is not well formed."""

    code = "encoding"


class PointerError(MalformedError):
    """A JSON pointer (RFC 6901) is malformed or selects nothing in the document."""

    # https://www.w3.org/TR/vc-di-ecdsa/#selectpaths
    type = _SECURITY + "PROOF_GENERATION_ERROR"
    code = "pointer"


class JSONLDError(VCError):
    """The document cannot be turned into statements that could be signed."""

    type = _SECURITY + "PROOF_TRANSFORMATION_ERROR"
    code = "json-ld"


class ContextNotAcceptedError(JSONLDError):
    """An @context is not in the pinned table, or the policy does not accept it."""

    code = "context-not-accepted"


class ContextIntegrityError(JSONLDError):
    """A pinned context file does not have the digest it was pinned with."""

    code = "context-integrity"


class DataLossError(JSONLDError):
    """A member, type or id would not reach the statements, so it would not be signed."""

    code = "data-loss"


class AmbiguousTermsError(JSONLDError):
    """Two terms used in one node mean the same IRI, so their values could be exchanged unseen."""

    code = "ambiguous-terms"


class ComplexityError(JSONLDError):
    """The document exceeds a limit of size, depth, statements or canonicalization work."""

    code = "complexity"


class KeyMaterialError(VCError):
    """A key could not be read as the key it says it is."""

    type = _SECURITY + "INVALID_VERIFICATION_METHOD"
    code = "key-material"


class UnsupportedKeyError(KeyMaterialError):
    """The key's type is not supported, or not by the cryptosuite that names it."""

    code = "unsupported-key"


class CryptographicSecurityError(VCError):
    """Cryptographic material fails its check."""

    type = _VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR"
    code = "cryptographic-security"


class InvalidSignatureError(CryptographicSecurityError):
    """The signature does not fit the bytes and the key."""

    code = "invalid-signature"


class DIDError(VCError):
    """A DID could not be resolved; `code` is the resolution metadata's `error`."""

    type = _DID + "INTERNAL_ERROR"
    code = "internalError"


class InvalidDIDError(DIDError):
    """The text is not a DID, or not one of its method."""

    type = _DID + "INVALID_DID"
    code = "invalidDid"


class InvalidDIDURLError(DIDError):
    """The text is not a DID URL."""

    type = _DID + "INVALID_DID_URL"
    code = "invalidDidUrl"


class MethodNotSupportedError(DIDError):
    """No resolver for this DID method is configured."""

    type = _DID + "METHOD_NOT_SUPPORTED"
    code = "methodNotSupported"


class DIDNotFoundError(DIDError):
    """The DID or the resource its URL names does not exist."""

    type = _DID + "NOT_FOUND"
    code = "notFound"


class InvalidDIDDocumentError(DIDError):
    """What came is not a DID document, or not this DID's."""

    type = _DID + "INVALID_DID_DOCUMENT"
    code = "invalidDidDocument"


class InvalidPublicKeyError(DIDError):
    """The key inside the DID is not a point of its curve or otherwise no key."""

    type = _DID + "INVALID_PUBLIC_KEY"
    code = "invalidPublicKey"


class InvalidPublicKeyLengthError(InvalidPublicKeyError):
    """The key inside the DID has not the length of its type."""

    type = _DID + "INVALID_PUBLIC_KEY_LENGTH"
    code = "invalidPublicKeyLength"


class UnsupportedPublicKeyTypeError(DIDError):
    """The key inside the DID is of a type this resolver does not know."""

    type = _DID + "UNSUPPORTED_PUBLIC_KEY_TYPE"
    code = "unsupportedPublicKeyType"


class InvalidPublicKeyTypeError(DIDError):
    """The form asked for a did:key's verification method does not fit the key or is experimental."""

    type = _DID + "INVALID_PUBLIC_KEY_TYPE"
    code = "invalidPublicKeyType"


class DIDInternalError(DIDError):
    """The DID could not be resolved for a reason that says nothing of the DID (host down, for one)."""

    type = _DID + "INTERNAL_ERROR"
    code = "internalError"


class VerificationMethodError(VCError):
    """A verification method could not be retrieved."""

    type = _SECURITY + "INVALID_VERIFICATION_METHOD"
    code = "verification-method"


class InvalidVerificationMethodURLError(VerificationMethodError):
    """`verificationMethod` is not a URL of the form its document's DID method uses."""

    type = _SECURITY + "INVALID_VERIFICATION_METHOD_URL"
    code = "verification-method-url"


class InvalidVerificationMethodError(VerificationMethodError):
    """The document has no such method, or what it has is not one."""

    code = "verification-method-invalid"


class InvalidControlledIdentifierDocumentError(VerificationMethodError):
    """What the URL leads to is not a controlled identifier document."""

    type = _SECURITY + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"
    code = "controlled-identifier-document"


class InvalidControlledIdentifierDocumentIdError(VerificationMethodError):
    """The document's `id` is not the identifier that was asked for."""

    type = _SECURITY + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID"
    code = "controlled-identifier-document-id"


class InvalidRelationshipError(VerificationMethodError):
    """The document does not list the method under the relationship that the purpose needs."""

    type = _SECURITY + "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
    code = "relationship"


class RetiredKeyError(VerificationMethodError):
    """The verification method was revoked or had expired when the proof was made."""

    code = "key-retired"


class ProofError(VCError):
    """Adding, transforming or verifying a proof failed."""

    code = "proof"


class ProofGenerationError(ProofError):
    """A proof could not be made."""

    type = _SECURITY + "PROOF_GENERATION_ERROR"
    code = "proof-generation"


class ProofTransformationError(ProofError):
    """The document could not be brought into the form that is signed."""

    type = _SECURITY + "PROOF_TRANSFORMATION_ERROR"
    code = "proof-transformation"


class ProofVerificationError(ProofError):
    """A proof is not acceptable."""

    type = _SECURITY + "PROOF_VERIFICATION_ERROR"
    code = "proof-verification"


class NoProofError(ProofVerificationError):
    """There is no proof to check, which is never the same as a proof that holds."""

    code = "no-proof"


class UnsupportedCryptosuiteError(ProofVerificationError):
    """No proof is of a suite that is supported and accepted; this says nothing about forgery."""

    code = "unsupported-cryptosuite"


class UnsupportedSecuringMechanismError(ProofVerificationError):
    """The credential is secured in a way that is recognised but not supported (an enveloping proof)."""

    code = "unsupported-securing-mechanism"


class BaseProofPresentedError(ProofVerificationError):
    """A base proof came where only a derived proof may be shown."""

    code = "base-proof"


class ProofExpiredError(ProofVerificationError):
    """The proof's `created` and `expires` do not admit this moment."""

    code = "proof-expired"


class ProofPurposeError(ProofVerificationError):
    """The proof was made for another purpose."""

    code = "proof-purpose"


class PreviousProofError(ProofVerificationError):
    """`previousProof` names a proof that is missing, repeated, circular or not valid."""

    code = "previous-proof"


class IssuerKeyMismatchError(ProofVerificationError):
    """The key that signed belongs to someone other than the credential's issuer."""

    code = "issuer-key"


class InvalidDomainError(ProofVerificationError):
    """The proof was made for another domain."""

    type = _SECURITY + "INVALID_DOMAIN_ERROR"
    code = "domain"


class InvalidChallengeError(ProofVerificationError):
    """The proof answers another challenge than the one that was asked."""

    type = _SECURITY + "INVALID_CHALLENGE_ERROR"
    code = "challenge"


class CredentialError(VCError):
    """A credential or presentation does not conform to the data model."""

    type = _VCDM + "MALFORMED_VALUE_ERROR"
    code = "credential"


class RelatedResourceError(CredentialError):
    """A related resource is missing its digest or has another one."""

    type = _VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR"
    code = "related-resource"


class CredentialSchemaError(CredentialError):
    """The credential does not fit the schema it names."""

    code = "credential-schema"


class HolderBindingError(CredentialError):
    """The key that signed the presentation is not the one the credential is bound to."""

    type = _VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR"
    code = "holder-binding"


class IssuerNotAcceptedError(VCError):
    """The relying party does not accept this issuer, so nothing was fetched and no proof was checked."""

    code = "issuer-not-accepted"


class StatusError(VCError):
    """The status of a credential could not be told."""

    code = "status"


class StatusRetrievalError(StatusError):
    """The status list could not be fetched."""

    type = _STATUS + "STATUS_RETRIEVAL_ERROR"
    code = "status-retrieval"


class StatusVerificationError(StatusError):
    """The status list is not one that may be believed."""

    type = _STATUS + "STATUS_VERIFICATION_ERROR"
    code = "status-verification"


class StatusListLengthError(StatusError):
    """The status list is shorter than the standard's minimum, or not of the length it should be."""

    type = _STATUS + "STATUS_LIST_LENGTH_ERROR"
    code = "status-list-length"


class FetchError(VCError):
    """A URL could not be read: host down, too large, too slow, a wrong answer."""

    code = "fetch"


class FetchNotFoundError(FetchError):
    """The server answered that there is nothing at the URL (404 or 410)."""

    code = "fetch-not-found"


class FetchRefusedError(FetchError):
    """A URL must not be read: not https, a private address, a redirect elsewhere."""

    code = "fetch-refused"


class StoreError(VCError):
    """A file or database could not be read or written; nothing was changed."""

    code = "store"


class SealingError(StoreError):
    """Sealed bytes do not open: wrong passphrase, or altered."""

    code = "sealing"


class ConfigurationError(VCError):
    """A setting is missing, contradictory or unsafe."""

    code = "configuration"


class RecordError(VCError):
    """A health record is incomplete or impossible.

    `element` is the path of the element at fault ("vaccination.dose"), empty where none is; `problem` is the
    message without it, so that a reader of another format can name its own path.
    """

    code = "record"

    def __init__(self, problem: str, *, element: str = "") -> None:
        super().__init__(f"{element}: {problem}" if element else problem)
        self.element = element
        self.problem = problem
