"""Render README.md, README.ko.md and their picture: python tools/readme.py [FOLDER]"""
import base64, re, sys
from functools import partial
from pathlib import Path
from posixpath import join, normpath
import nbformat
from nbconvert import MarkdownExporter

root = Path(__file__).resolve().parent.parent
head = '<!-- Rendered from {}/index.ipynb by tools/readme.py: edit {} -->\n\n'
alts = {
    'README.md':
    'A 3 as an image and as numbers, the mean 3, 3 minus 7, and six digits with their names',
    'README.ko.md':
    '숫자 3의 이미지, 그 픽셀 값, 3의 평균, 3 빼기 7, 이름을 붙인 숫자 여섯 개'}

def shown(alt, cell):
    "Is `cell` for the page? One that says echo: false is replaced by what it displays"
    if re.match(r'#\| (hide|default_exp)', cell.source): return False
    if cell.source.startswith('#| echo: false'):
        data = cell.outputs[-1].data
        cell.picture = data.get('image/png')
        cell.source = f'![{alt}](docs/readme.png)' if cell.picture else data['text/markdown']
        cell.cell_type = 'markdown'
        del cell['outputs'], cell['execution_count']
    return True

def render(folder, page, home, source):
    "Write `page` and docs/readme.png into `folder`, from `home`/index.ipynb, made from `source`"
    nb = nbformat.read(root/home/'index.ipynb', as_version=4)
    nb.cells = list(filter(partial(shown, alts[page]), nb.cells))
    [picture] = [p for cell in nb.cells if (p := cell.pop('picture', None))]
    (folder/'docs').mkdir(exist_ok=True)
    (folder/'docs'/'readme.png').write_bytes(base64.b64decode(picture))
    md,_ = MarkdownExporter().from_notebook_node(nb)
    def address(m): return normpath(join(home, m[0])).replace('nbs/index.ipynb', 'README.md')
    md = re.sub(r'(?<=\]\()(?!https?:|#|docs/)[^()\s]+', address, md) # as seen from the root
    md = head.format(home, source) + re.sub(r'\n{3,}', '\n\n', md).strip() + '\n'
    (folder/page).write_text(md, encoding='utf-8', newline='\n')

if __name__ == '__main__':
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root
    render(folder, 'README.md', 'nbs', 'the notebook')
    render(folder, 'README.ko.md', 'nbs/_ko', 'i18n/ko/index.po')
