"""How `make docs` makes a site with search of these pages and the README. Nothing of it comes from another address, fonts included."""

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from voipcrm import __version__

project, version, release = "voipcrm", __version__, __version__
project_copyright = "The voipcrm authors, MIT licence"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**", "bench/*.md"]
exclude_patterns = [".*", "build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"voipcrm {version}"
html_copy_source = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    app.add_lexer("mermaid", TextLexer)  # drawn on the pages of a repository; here its text is as readable
