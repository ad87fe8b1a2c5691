"""Render README.md and its picture from nbs/index.ipynb: python tools/readme.py [FOLDER]"""
import base64, re, sys
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter

root = Path(__file__).resolve().parent.parent
head = '<!-- Rendered from nbs/index.ipynb by tools/readme.py: edit the notebook -->\n\n'

alt = 'A 3 as an image and as numbers, the mean 3, 3 minus 7, and six digits with their names'

def shown(cell):
    "Is `cell` for the page? One that says echo: false is replaced by what it displays"
    if re.match(r'#\| (hide|default_exp)', cell.source): return False
    if cell.source.startswith('#| echo: false'):
        data = cell.outputs[-1].data
        cell.picture = data.get('image/png')
        cell.source = f'![{alt}](docs/readme.png)' if cell.picture else data['text/markdown']
        cell.cell_type = 'markdown'
        del cell['outputs'], cell['execution_count']
    return True

def render(folder):
    "Write README.md and docs/readme.png into `folder`"
    nb = nbformat.read(root/'nbs'/'index.ipynb', as_version=4)
    nb.cells = [cell for cell in nb.cells if shown(cell)]
    [picture] = [p for cell in nb.cells if (p := cell.pop('picture', None))]
    (folder/'docs').mkdir(exist_ok=True)
    (folder/'docs'/'readme.png').write_bytes(base64.b64decode(picture))
    md,_ = MarkdownExporter().from_notebook_node(nb)
    md = re.sub(r'\]\((?!https?:|#|\.\./|docs/)', '](nbs/', md) # links to other notebooks
    md = re.sub(r'\n{3,}', '\n\n', md.replace('](../', ']('))
    (folder/'README.md').write_text(head + md.strip() + '\n', encoding='utf-8', newline='\n')

if __name__ == '__main__': render(Path(sys.argv[1]) if len(sys.argv) > 1 else root)
