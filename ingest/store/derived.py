"""Where others keep what they derive from the documents. Knows nothing of what that is.

Keys and values of a model that has read a text hold the text. So they lie in a folder that is another
once a document was deleted or changed, and the folders before it are removed with the document.
"""

import shutil
from pathlib import Path

from ingest.store.ledger import Ledger


class Derived:
    """A folder that lives as long as no text is removed from the ledger."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._root = root
        self._ledger = ledger

    @property
    def folder(self) -> Path:
        """The folder to use now; it is there, and empty after a removal.

        Raises:
            OSError: it cannot be made.
        """
        folder = self._root / self._ledger.removal
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def clean(self) -> None:
        """Remove what was derived before the last removal."""
        if self._root.is_dir():
            for folder in self._root.iterdir():
                if folder.name != self._ledger.removal:
                    shutil.rmtree(folder, ignore_errors=True)
