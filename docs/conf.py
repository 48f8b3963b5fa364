"""How Sphinx builds the site: `make site`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_site"))
os.environ["CLASSICSEG_QUIET"] = "1"

from api_pages import write_pages
from branches import draw_branches, draw_coins
from figures import figures_of, small_frames, somewhere_else
from finished import tidy
from sphinx.application import Sphinx
from sphinx_gallery.sorting import ExplicitOrder, FileNameSortKey

import classicseg

write_pages(Path(__file__).parent / "reference")
draw_branches(Path(__file__).parent / "start" / "choose.md")
draw_coins(Path(__file__).parent / "start" / "pictures")

project = "classicseg"
author = "the classicseg developers"
version = release = classicseg.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "formulas",
    "unpictured",
]
exclude_patterns = ["build", "_site", "tutorials", "**/GALLERY_HEADER.rst"]
templates_path = ["_templates"]
html_static_path = ["_static"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3
nitpicky = False
suppress_warnings = ["config.cache"]

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say more
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": ["../examples", "tutorials"],
    "gallery_dirs": ["gallery", "tutorial"],
    "filename_pattern": r"\.py$",
    "within_subsection_order": FileNameSortKey,
    "subsection_order": ExplicitOrder(
        [
            f"../examples/{name}"
            for name in (
                "values",
                "edges",
                "growing",
                "floods",
                "trees",
                "superpixels",
                "strokes",
                "objects",
                "preparing",
                "scores",
                "files",
            )
        ]
        + ["*"]
    ),
    "image_scrapers": (figures_of,),
    "reset_modules": ("matplotlib", small_frames),
    "reset_argv": somewhere_else,
    "backreferences_dir": "reference/pictures",
    "doc_module": ("classicseg",),
    "matplotlib_animations": (True, "jshtml"),
    "plot_gallery": "True",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 10**6,  # seconds: a time would make each build another
    "remove_config_comments": True,
    "nested_sections": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "classicseg"
html_css_files = ["site.css"]
html_theme_options = {
    "logo": {"text": "classicseg"},
    "navigation_with_keys": False,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "collapse_navigation": True,
    "header_links_before_dropdown": 7,
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc", "sg_download_links"],
}
copyright = "the classicseg developers"
html_copy_source = False


def setup(app: Sphinx) -> None:
    """The pages are tidied when all are written."""
    app.connect("build-finished", lambda app, error: tidy(Path(app.outdir)))
