"""What libraries say to each other and no user can act on. Knows nothing of what they are used for."""

import warnings

_CHATTER = ("`is_gradient_checkpointing` is deprecated",)  # said by transformers 5 to peft, for each adapter


def keep_chatter_from_users() -> None:
    """Leave out warnings that start like this; all others, and all errors, are shown."""
    for start in _CHATTER:
        warnings.filterwarnings("ignore", start, FutureWarning)
