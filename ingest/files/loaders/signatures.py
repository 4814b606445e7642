"""What a file is by its first bytes, whatever its name says. Knows nothing of how formats are parsed."""

from core.errors import DocumentError

HEAD_BYTES = 8
_SIGNATURES: dict[bytes, tuple[str, tuple[str, ...]]] = {
    b"%PDF-": ("a PDF", (".pdf",)),
    b"PK\x03\x04": ("a ZIP or Office file", (".docx", ".xlsx")),
    b"\xd0\xcf\x11\xe0": ("an Office file, encrypted or older than 2007", ()),
    b"\x89PNG": ("a PNG image", ()),
    b"\xff\xd8\xff": ("a JPEG image", ()),
    b"GIF8": ("a GIF image", ()),
    b"\x7fELF": ("a program", ()),
    b"\x1f\x8b": ("a gzip archive", ()),
    b"7z\xbc\xaf": ("a 7z archive", ()),
    b"Rar!": ("a RAR archive", ()),
}


def refuse_foreign(head: bytes, suffix: str, name: str) -> None:
    """Raise DocumentError where the first bytes belong to another format than `suffix`."""
    for signature, (what, own_suffixes) in _SIGNATURES.items():
        if head.startswith(signature) and suffix not in own_suffixes:
            raise DocumentError(f"{name} is {what}, not {suffix}; save it in the format its name promises")
