"""The colours of series in a figure, in their order. Knows nothing of what is drawn."""

COLOURS = ("#3366aa", "#dd8833", "#449966", "#99669c", "#aa4455", "#777777", "#33a1b5", "#b5a133")
"""As many as a comparison of all strategies has; more begin again."""
