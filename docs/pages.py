"""Make pages of notebooks: quiet directives, folded cells, texts for pictures, links, contents"""
import json, re
from base64 import b64decode
from pathlib import Path
from docutils import nodes
from sphinx.locale import _

root = Path(__file__).resolve().parent.parent
nbs = root/'nbs'
korean = nbs/'_ko'

def origin(app, docname):
    "The notebook that a page is made of, and whether it is in the language of the edition"
    made = korean/f'{docname}.ipynb'
    if app.config.language == 'ko' and made.exists(): return made,True
    return nbs/f'{docname}.ipynb', app.config.language == 'en'

def github(app, path, kind='blob'):
    return f'https://github.com/{app.config.site_repo}/{kind}/{app.config.site_branch}/{path}'

def relink(app, docname, text):
    "Links of Markdown `text` as the site needs them: to pages, to the other edition, to GitHub"
    here,known = origin(app, docname)[0].parent,app.env.found_docs
    up = '../' * docname.count('/')
    def link(m):
        path,mark,part = m[2].partition('#')
        part = part.lower()
        full = (here/path).resolve()
        if not full.is_relative_to(root): return m[0]
        translated = full.is_relative_to(korean)
        base = korean if translated else nbs
        inside = full.is_relative_to(base)
        page = full.relative_to(base).with_suffix('').as_posix() if inside else ''
        if translated and app.config.language == 'en':
            return f'{m[1]}(site:{up}../ko/{page}.html{mark}{part})'
        if full.suffix != '.ipynb' or page not in known:
            return f'{m[1]}({github(app, full.relative_to(root).as_posix())}{mark}{part})'
        same = full == nbs/f'{page}.ipynb' and origin(app, page)[0] != full
        return f'{m[1]}(site:{up}{"../en/"*same}{page}.html{mark}{part})'
    return re.sub(r'(\])\((?![a-z]+:|#)([^()\s]+)\)', link, text)

def plain(text):
    "Markdown `text` without its marks"
    text = re.sub(r'!?\[([^]]*)\]\([^)]*\)', r'\1', text)
    return ' '.join(re.sub(r'<[^>]+>|[*`$]|\\(?=\W)', '', text).split())

pictured = re.compile(r'picture|below|left|right|row|curve|line|blue|red|each|here|그림|아래|왼쪽'
                      r'|오른쪽|곡선|직선|파란|빨간|각각|여기', re.I)

def sentences(markdown):
    "The sentences of the last paragraph that is prose; rather those that say than those that ask"
    blocks = re.split(r'\n\s*\n', re.sub(r'```.*?```|\$\$.*?\$\$', '', markdown, flags=re.S))
    for block in reversed([b.strip() for b in blocks]):
        if not block or re.match(r'[#>|<]|[-*] |\d+\. ', block): continue
        found = re.split(r'(?<=[.?!])\s+|\s*\([^()]*[.?!]\)\s*', plain(block))
        found = [s.rstrip(':') for s in found if s]
        if found: return [s for s in found if not s.endswith('?')] or found
    return []

def alt(cell, above, language):
    "What stands for a picture: its cell's metadata `alt`, or a sentence before it and its axes"
    own = cell['metadata'].get('alt')
    if isinstance(own, dict): own = own.get(language)
    if own: return own
    said = sentences(above) or [_('Figure')]
    best = ([s for s in said if pictured.search(s)] or said)[-1]
    axes = re.findall(r"""\b([xy])label(?:=|\()'([^']+)'""", cell['source'])
    return ' '.join([best, *(f'[{axis}: {name}]' for axis,name in dict.fromkeys(axes))])

def width(cell):
    "Half the width of a cell's picture: it is stored for screens of double density"
    pngs = [out.get('data', {}).get('image/png') for out in cell['outputs']]
    pixels = [int.from_bytes(b64decode(joined(png))[16:20], 'big') for png in pngs if png]
    return {'width': f'{max(pixels)//2}px'} if pixels else {}

def long_guard(lines):
    "Is a cell of these lines little but tests of odd input?"
    tests = sum(bool(re.search(r'\b(test_\w+\(|expect_fail|raise |assert )', x)) for x in lines)
    return len(lines) > 12 and tests >= .4*len(lines)

def fold(cell):
    "Take the directives out of a code cell; the tags that say the same to myst-nb"
    lines = cell['source'].splitlines()
    said = [line.split() for line in lines if line.startswith('#|')]
    names = {words[1] for words in said if len(words) > 1}
    lines = [line for line in lines if not line.startswith('#|')]
    cell['source'] = '\n'.join(lines)
    if 'default_exp' in names or '/content' in cell['source']: return ['remove-cell'] # Colab's
    if 'echo:' in names: return ['remove-input']
    if 'hide' in names: return ['hide-cell']
    if 'export' in names or 'exports' in names: return ['exported']
    return ['hide-input'] if long_guard([line for line in lines if line.strip()]) else []

def joined(text): return ''.join(text)

def page(app, docname, text):
    "The notebook `text` as the site shows it"
    nb,above = json.loads(text),''
    for cell in nb['cells']:
        cell['source'] = joined(cell['source'])
        if cell['cell_type'] == 'markdown':
            cell['source'] = relink(app, docname, cell['source'])
            if sentences(cell['source']): above = cell['source']
        if cell['cell_type'] != 'code': continue
        told = {'image': {'alt': alt(cell, above, app.config.language), **width(cell)}}
        cell['metadata'] = {'mystnb': told, 'tags': fold(cell), 'cell': cell['id']}
        for data in (out.get('data', {}) for out in cell['outputs']):
            if 'text/markdown' in data:
                data['text/markdown'] = relink(app, docname, joined(data['text/markdown']))
    if docname == 'index': nb['cells'].append(markdown(contents(app), 'site-contents'))
    return json.dumps(nb)

def markdown(text, name):
    "A Markdown cell that only the site has"
    return dict(cell_type='markdown', id=name, metadata={}, source=text)

def title(path):
    "The heading of a notebook, after its number, and its promise"
    text = ''.join(json.loads(path.read_text(encoding='utf-8'))['cells'][0]['source'])
    number = re.match(r'\d*', path.stem)[0]
    head = re.search(r'(?m)^# (.+)', text)
    promise = re.search(r'(?m)^> (.+)', text)
    head = plain(head[1]) if head else path.stem.removeprefix(number)
    return ' · '.join(filter(None, [number, head])), promise[1] if promise else ''

def toctree(caption, pages):
    lines = [f'{name} <{page}>' if name else page for name,page in pages]
    caption = f':caption: {caption}\n' if caption else ''
    return '\n'.join(['```{toctree}', f':hidden:\n{caption}', *lines, '```'])

def folder(app, name, pattern='**/*.ipynb'):
    "The notebooks of a folder: (heading, promise, page)"
    top = Path(app.srcdir)/name
    found = [(fn, fn.relative_to(top).with_suffix('').as_posix()) for fn in top.glob(pattern)]
    return [(*title(fn), page) for fn,page in sorted(found) if page != 'index']

def contents(app):
    "What stands in the side bar"
    chapters = [(head, page) for head,_,page in folder(app, '.', '*.ipynb')]
    more = [('', f'{name}/index') for name in ('practice', 'api', 'backstage')]
    more = [m for m in more if (Path(app.srcdir)/f'{m[1]}.md').exists()]
    return '\n\n'.join([toctree(_('Chapters'), chapters), toctree(_('More'), more)])

def sections(app):
    "A page for each folder of notebooks, with a line for each of them"
    heads = {'practice': _('Practice'), 'backstage': _('For the maintainer')}
    for name,head in heads.items():
        pages = folder(app, name)
        if not pages or (Path(app.srcdir)/name/'index.ipynb').exists(): continue
        lines = [f'- [{head}]({page}.ipynb){": "*bool(promise)}{promise}'
                 for head,promise,page in pages]
        text = [f'# {head}', '\n'.join(lines), toctree('', [(h, page) for h,_,page in pages])]
        fn = Path(app.srcdir)/name/'index.md'
        fn.write_text('\n\n'.join(text), encoding='utf-8')

def read(app, docname, source):
    if app.env.doc2path(docname).suffix == '.ipynb': source[0] = page(app, docname, source[0])

def anchors(app, doctree):
    "Give each code cell the address that the API pages link to"
    for node in doctree.findall(nodes.container):
        if cell := node.get('cell_metadata', {}).get('cell'): node['ids'].append(f'cell-{cell}')
    for node in doctree.findall(nodes.section): # docutils' own ids hold no Hangul
        slug = '-'.join(node.next_node(nodes.title).astext().lower().split())
        if slug not in doctree.ids: node['ids'].append(slug)

def repair(context):
    "What axe-core finds wrong in furo and Sphinx: headings of no level, lists of no terms"
    tree = context.get('furo_navigation_tree', '')
    context['furo_navigation_tree'] = tree.replace(' role="heading"', '')
    def spans(m): return re.sub(r'<(/?)dd>', r'<\1span>', f'<span class="params">{m[1]}</span>')
    lines = r'<dl>\n((?:<dd><em class="sig-param">.*</dd>\n)+)</dl>'
    if 'body' in context: context['body'] = re.sub(lines, spans, context['body'])

def around(app, pagename, templatename, context, doctree):
    "What docs/templates/page.html shows above a page"
    repair(context)
    path,native = origin(app, pagename)
    other = {'en': 'ko', 'ko': 'en'}[app.config.language]
    context['other_edition'] = other
    context['other_page'] = f"{'../'*pagename.count('/')}../{other}/{pagename}.html"
    if not path.exists(): return
    context['github_page'] = github(app, path.relative_to(root).as_posix())
    context['colab_page'] = context['github_page'].replace(
        'https://github.com', 'https://colab.research.google.com/github')
    context['english_only'] = not native

def setup(app):
    for key in ('site_repo', 'site_branch'): app.add_config_value(key, '', 'env')
    for event,func in (('builder-inited', sections), ('source-read', read),
                       ('doctree-read', anchors)): app.connect(event, func)
    app.connect('html-page-context', around, priority=900) # after furo
    return dict(parallel_read_safe=True, parallel_write_safe=True)
