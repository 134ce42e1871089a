"""Not yet."""
from dashboard.selection import Selection


def show(selection: Selection) -> None:
    """Draw the page."""
