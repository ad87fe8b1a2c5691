"""Render README.md from nbs/index.ipynb with nbconvert, leaving out hidden cells: python tools/readme.py [FILE]"""
import re, sys
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter

root = Path(__file__).resolve().parent.parent
head = '<!-- Rendered from nbs/index.ipynb by tools/readme.py: edit the notebook, not this file -->\n\n'

def shown(cell):
    "Is `cell` for the page? Its directives are dropped"
    lines = cell.source.splitlines(keepends=True)
    marks = [o for o in lines if o.startswith('#|')]
    cell.source = ''.join(o for o in lines if not o.startswith('#|'))
    if '#| echo: false\n' in marks:
        cell.cell_type,cell.source = 'markdown', ''.join(cell.outputs[0].data['text/markdown'])
        for k in ('outputs','execution_count'): del cell[k]
    return not any(o.split()[1].rstrip(':') in ('hide','default_exp') for o in marks)

def render(index=root/'nbs'/'index.ipynb'):
    "The README's text"
    nb = nbformat.read(index, as_version=4)
    nb.cells = [o for o in nb.cells if shown(o)]
    md,_ = MarkdownExporter().from_notebook_node(nb)
    md = re.sub(r'\]\((?!https?:|#|\.\./)', '](nbs/', md)       # links to other notebooks
    return head + re.sub(r'\n{3,}', '\n\n', md.replace('](../', '](')).strip() + '\n'

if __name__ == '__main__':
    Path(sys.argv[1] if len(sys.argv)>1 else root/'README.md').write_text(render(), encoding='utf-8', newline='\n')
