"""API pages for Sphinx: each module's functions and classes, with their parameter comments

Nothing is imported: signatures are those of the source, comments are read by fastcore's docments,
and nbdev's own lines say which cell of which notebook a definition stands in."""
import ast, linecache, re
import __future__
from pathlib import Path, PurePosixPath
from textwrap import dedent
from fastcore.docments import docments
from sphinx.locale import _
from pages import github, root

lib = root/'mnist_basics'
functions = ast.FunctionDef, ast.AsyncFunctionDef

def comments(source):
    "The parameter comments of a function's source, by name"
    tree = ast.parse(source)
    node, = tree.body
    node.decorator_list = []   # names in these places would have to be there
    node.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
    node.args.kw_defaults = [d and ast.Constant(None) for d in node.args.kw_defaults]
    ast.fix_missing_locations(tree)
    name,space = f'docments of {hash(source)}',{}
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    exec(compile(tree, name, 'exec', flags=__future__.annotations.compiler_flag), space)
    return {k: v.strip() for k,v in docments(space[node.name], args_kwargs=True).items() if v}

class Module:
    "The source of a module, and what of it a page shows"
    def __init__(self, path):
        self.name,self.text = path.stem,path.read_text(encoding='utf-8')
        self.lines = self.text.splitlines(keepends=True)
        self.tree = ast.parse(self.text)
        named = [n for n in self.tree.body if isinstance(n, ast.Assign)]
        [public] = [ast.literal_eval(n.value) for n in named if n.targets[0].id == '__all__']
        kinds = (*functions, ast.ClassDef)
        self.shown = [n for n in self.tree.body if isinstance(n, kinds) and n.name in public]
        self.taken = [(a.name, n.module) for n in self.tree.body if isinstance(n, ast.ImportFrom)
                      and n.level for a in n.names if a.name in public]

    def source(self, node):
        "Of a function from its `def` on, with the comments beside its parameters"
        return dedent(''.join(self.lines[node.lineno-1:node.end_lineno]))

    def cell(self, node):
        "Notebook and id of the cell that a definition was exported from"
        above = ''.join(self.lines[:node.lineno])
        path,cell = re.findall(r'(?m)^# %% \.\./nbs/(\S+) #(\w+)', above)[-1]
        return PurePosixPath(path).with_suffix(''), cell

def signature(node):
    "Parameters and result of a function, as text"
    args = re.sub(r'^self(, |$)', '', ast.unparse(node.args))
    return f"({args})" + (f' -> {ast.unparse(node.returns)}' if node.returns else '')

def fields(node, said):
    "Parameter comments as a field list"
    names = [a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)]
    flat = {k: ' '.join(v.split()) for k,v in said.items()}
    lines = [f':param {k}: {flat[k]}' for k in names if k in flat]
    if 'return' in flat: lines.append(f":returns: {flat['return']}")
    return '\n'.join(lines)

def directive(kind, head, body, depth):
    fence = ':' * (6-depth)
    return '\n\n'.join(filter(None, [f'{fence}{{py:{kind}}} {head}', *body, fence]))

def entry(app, module, node, depth=0):
    "A function, a class with its methods, or a method"
    is_class = isinstance(node, ast.ClassDef)
    methods = [n for n in node.body if isinstance(n, functions)] if is_class else []
    init = next((n for n in methods if n.name == '__init__'), None)
    func = init if is_class else node
    kind = 'class' if is_class else 'method' if depth else 'function'
    head = node.name + (signature(func) if func else '')
    doc = ast.get_docstring(node) or (init and ast.get_docstring(init)) or ''
    body = [doc, fields(func, comments(module.source(func))) if func else '']
    if not depth:
        page,cell = module.cell(node)
        lines = f'#L{node.lineno}-L{node.end_lineno}'
        source = github(app, f'mnist_basics/{module.name}.py') + lines
        body += [f"{{.api-links}}\n[{_('Source')}]({source}) · "
                 f"[{_('Where it is made')}: {page.name}](site:../{page}.html#cell-{cell})"]
    if is_class and not init:
        own = [n for n in node.body if isinstance(n, ast.AnnAssign)]
        body += ['\n'.join(f'- `{module.lines[n.lineno-1].strip()}`' for n in own)]
    body += [entry(app, module, n, depth+1) for n in methods
             if ast.get_docstring(n) and n is not init]
    return directive(kind, head, body, depth)

def write(app):
    "A page for each module of the library, and one that lists them"
    folder,rows = Path(app.srcdir)/'api',[]
    folder.mkdir(exist_ok=True)
    for path in sorted(lib.glob('[a-z]*.py')):
        module = Module(path)
        doc = ast.get_docstring(module.tree) or ''
        taken = [f'- `{name}`: [{src}]({src}.md)' for name,src in module.taken]
        parts = [f'# {module.name}', doc, f'```{{py:module}} mnist_basics.{module.name}\n```',
                 *(entry(app, module, node) for node in module.shown)]
        if taken: parts += [f"## {_('Also found here')}", '\n'.join(taken)]
        (folder/f'{module.name}.md').write_text('\n\n'.join(parts), encoding='utf-8')
        rows.append((module.name, doc))
    toc = '\n'.join(['```{toctree}', ':hidden:', '', *(name for name,_ in rows), '```'])
    text = [f"# {_('The library')}", '\n'.join(f'- [{n}]({n}.md): {doc}' for n,doc in rows), toc]
    (folder/'index.md').write_text('\n\n'.join(text), encoding='utf-8')

def setup(app):
    app.connect('builder-inited', write)
    return dict(parallel_read_safe=True)
