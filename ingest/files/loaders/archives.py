"""Whether a ZIP may be unpacked. Knows nothing of what it holds."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZipFile, ZipInfo

from core.errors import DocumentError

_UNPACKED_MB = 512
_MEMBERS = 10_000
_RATIO = 200  # the XML of an office program packs about 20 times, deflate can pack 1,032 times
_RATIO_FROM = 1 << 20  # bytes; a smaller part does no harm, however well it packs
_PICTURES = ("word/media/", "xl/media/")  # are not parsed, and a blank one packs as well as a bomb


def check_archive(data: bytes, name: str) -> None:
    """Refuse a bomb by what the archive says of itself; zipfile never unpacks more than it says.

    Raises:
        DocumentError: packed as a bomb is.
        BadZipFile: no archive.
    """
    with ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > _UNPACKED_MB << 20:
        raise DocumentError(f"{name} unpacks to {unpacked >> 20} MB, over {_UNPACKED_MB}; split it")
    if len(members) > _MEMBERS:
        raise DocumentError(f"{name} holds {len(members)} parts, over {_MEMBERS}; split it")
    _check_members(members, name)


def _check_members(members: Sequence[ZipInfo], name: str) -> None:
    for member in members:
        is_parsed = not member.filename.startswith(_PICTURES)
        if is_parsed and member.file_size > max(_RATIO_FROM, _RATIO * member.compress_size):
            raise DocumentError(f"{name} packs a part over {_RATIO} times, as bombs do; save it again")
        if member.filename.startswith("/") or ".." in PurePosixPath(member.filename).parts:
            raise DocumentError(f"{name} names a part outside of itself; save it again")
