"""The page: one HTML file for a design review, with its results beside it.

`document` puts it together, `sections` say what one profile has to say, `matters` what its factors and fixes
do, `trust` how far to believe it and `method` how it came about. `charts`, `tables`, `trade` and `svg` are
what these are drawn with.
"""

from .document import PageInput, page, write_page

__all__ = ["PageInput", "page", "write_page"]
