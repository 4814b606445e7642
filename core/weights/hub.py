"""Files from the Hugging Face hub, or from the server that HF_ENDPOINT names. Knows nothing of weights.

Proxies, certificates and tokens are those of `huggingface_hub`. Its client tries six times, with a line
for each, and gives up after 23 seconds; so before a download one short try finds out whether there is a hub.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

_PATIENCE = 4.0
"""Seconds in which the hub must say something, whatever it is."""


class HubError(Exception):
    """The hub did not give what it was asked for; the message says why, in a line."""


def download(repository: str, file: str, folder: Path) -> Path:
    """Return `file` of a repository, downloaded into `folder`.

    Raises:
        HubError: after `_PATIENCE` at the latest if the hub is not there, at once in offline mode.
    """
    from huggingface_hub import hf_hub_download

    if trouble := _trouble():
        raise HubError(trouble)
    try:
        return Path(hf_hub_download(repository, file, local_dir=folder))
    except Exception as error:  # the client raises its own, httpx's and OS errors alike
        raise HubError(_first_line(error)) from error


def snapshot(repository: str, wanted: Sequence[str]) -> Path:
    """Return the folder of a repository's newest files that match a pattern in `wanted`.

    What was downloaded before serves where the hub is not there.

    Raises:
        HubError: neither the hub nor the local cache has them.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, allow_patterns=list(wanted)))
    except Exception as error:  # as in download
        raise HubError(_first_line(error)) from error


def _trouble() -> str:
    """Return why the hub is not to be asked; empty: it answers."""
    from huggingface_hub import constants, get_session

    if constants.is_offline_mode():
        return "offline mode is on (HF_HUB_OFFLINE)"
    heard: SimpleQueue[str] = SimpleQueue()

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, follow_redirects=False, timeout=_PATIENCE)
            heard.put("")
        except Exception as error:  # as in download
            heard.put(_first_line(error))

    # In a thread, since looking up a name knows no timeout.
    threading.Thread(target=ask, daemon=True).start()
    try:
        return heard.get(timeout=_PATIENCE)
    except Empty:
        return f"{constants.ENDPOINT} said nothing in {_PATIENCE:.0f} seconds"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
