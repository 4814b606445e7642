"""Quotes and where they stand in a text. Knows nothing of questions or documents."""


def squeezed(text: str) -> str:
    """Return the text without blanks, which differ from a document to its quotes."""
    return "".join(text.split())


def spot(quote: str, text: str) -> tuple[int, int] | None:
    """Return where a quote stands in a text, blanks ignored; None where it does not.

    >>> spot("a bc", "xa  b c"), spot("d", "abc")
    ((1, 7), None)
    """
    places = [place for place, character in enumerate(text) if not character.isspace()]
    sought = squeezed(quote)
    start = squeezed(text).find(sought)
    return (places[start], places[start + len(sought) - 1] + 1) if sought and start >= 0 else None
