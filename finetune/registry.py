"""What a setting names, in the dict that holds it. Knows no registry."""

from collections.abc import Mapping
from typing import TypeVar

from core.errors import AssistantError

Named = TypeVar("Named")


def known(registry: Mapping[str, Named], name: str, setting: str) -> Named:
    """Return what a registry has under `name`, which is the value of a setting.

    Raises:
        AssistantError: it has nothing; the message lists what there is.
    """
    if name not in registry:
        raise AssistantError(f"{setting}: there is no {name!r}; known are {', '.join(registry)}")
    return registry[name]
