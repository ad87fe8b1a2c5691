"""The site of one edition: docs/build.py calls Sphinx, with the tag `ko` for the Korean one"""
import os, shutil, sys
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root/'docs'))
ini = ConfigParser(delimiters=['='])
ini.read(root/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']

korean = tags.has('ko') # noqa: F821 (Sphinx gives it)
language = 'ko' if korean else 'en'
project = html_title = cfg['title']
copyright = cfg['copyright']
release = version = cfg['version']
# on GitHub's own machines the repository is known, and a fork links to itself
site_repo = os.environ.get('GITHUB_REPOSITORY') or f"{cfg['user']}/{cfg['repo']}"
site_branch = cfg['branch']

extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx.ext.mathjax', 'pages', 'api', 'korean']
locale_dirs = ['_locale']    # docs/locale, copied beside the pages
exclude_patterns = ['_locale']

nb_execution_mode = 'off'
nb_render_markdown_format = 'myst'
nb_code_prompt_show = '코드 펼치기' if korean else 'Show the code'
nb_code_prompt_hide = '코드 접기' if korean else 'Hide the code'
myst_enable_extensions = ['colon_fence', 'dollarmath', 'fieldlist', 'attrs_block']
myst_heading_anchors = 4
myst_url_schemes = {'http': None, 'https': None, 'mailto': None, 'site': '{{path}}#{{fragment}}'}
add_module_names = False
python_maximum_signature_line_length = 60
toc_object_entries_show_parents = 'hide'

html_theme = 'furo'
html_theme_options = {'top_of_page_buttons': []}
html_static_path = ['static']
html_favicon = 'static/favicon.svg'
html_css_files = ['site.css']
html_js_files = ['site.js']
templates_path = ['templates']
html_copy_source = False
html_show_sourcelink = False
html_use_index = True
copybutton_selector = '.cell_input pre, div.highlight-sh pre, div.highlight-python pre'
mathjax_path = 'mathjax/tex-chtml.js'

def copy_mathjax(app, error):
    "Of MathJax only what the pages load: one script and its fonts, 1.5 MB of 24"
    package = distribution('sphinx-mathjax-offline').locate_file('sphinx-mathjax-offline')
    source,made = Path(package)/'static'/'mathjax', Path(app.outdir)/'_static'/'mathjax'
    shutil.copytree(source/'output/chtml/fonts/woff-v2', made/'output/chtml/fonts/woff-v2')
    shutil.copy(source/'tex-chtml.js', made)

def setup(app): app.connect('build-finished', copy_mathjax)
