"""What the package is made of: python tools/supply.py imports | build | dist

imports: what the core imports is in `requirements` and the other way round; notebooks and tools
need nothing beyond `dev_requirements`; importing every core module pulls in no fastai, nbdev,
IPython or matplotlib. build: wheel and sdist hold what they should; each is installed into an empty
environment and does the main job. dist: the same, of a committed state, kept in dist/; the version
has its changes in CHANGELOG.md, and what the package's page shows is well-formed: twine check."""
import ast, json, os, re, shutil, subprocess, sys, tarfile, tempfile, venv, zipfile
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

root = Path(__file__).resolve().parent.parent
ini = ConfigParser(delimiters=['='])
ini.read(root/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']

def plain(name): return re.sub(r'[-_.]+', '-', name).lower()
def wanted(key): return {plain(re.match(r'[\w.-]+', req)[0]) for req in cfg[key].split()}

def imported(sources):
    "The packages that Python sources import, but those of Python itself and of the project"
    found,known = set(),packages_distributions()
    for node in (n for src in sources for n in ast.walk(ast.parse(src))):
        if isinstance(node, ast.Import): found |= {a.name.partition('.')[0] for a in node.names}
        if isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition('.')[0])
    own = {'mnist_basics', *(p.stem for p in (root/'tools').glob('*.py'))}
    return {plain(known.get(m, [m])[0]) for m in found - set(sys.stdlib_module_names) - own}

def sources(folder): return [p.read_text(encoding='utf-8') for p in (root/folder).rglob('*.py')]

def cells():
    "The code cells of the notebooks, but those that are not run"
    for nb in (root/'nbs').rglob('*.ipynb'):
        for c in json.loads(nb.read_text(encoding='utf-8'))['cells']:
            src = ''.join(c['source'])
            if c['cell_type'] == 'code' and '#| eval: false' not in src: yield src

def imports():
    core,dev,draw = (wanted(f'{what}requirements') for what in ('', 'dev_', 'draw_'))
    used = imported(sources('mnist_basics')) - draw - {'ipython'} # only where it runs already
    if used != core: yield f"the core needs {sorted(used-core)}, doesn't need {sorted(core-used)}"
    rest = imported(cells()) | imported(sources('tools'))
    if rest-core-dev-draw: yield f"notebooks and tools need {sorted(rest-core-dev-draw)}"
    heavy = {'fastai', 'nbdev', 'IPython', 'matplotlib', 'torchvision'}
    found = (p.relative_to(root) for p in (root/'mnist_basics').rglob('[a-z]*.py'))
    modules = ['.'.join(p.with_suffix('').parts) for p in found]
    code = f"import sys, {', '.join(modules)}; print(*{heavy} & set(sys.modules))"
    said = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    if said.returncode or said.stdout.strip(): yield f"the core imports {said.stdout}{said.stderr}"
    pins = (root/'constraints.txt').read_text(encoding='utf-8').lower()
    free = [p for p in core|dev if not re.search(rf'(?m)^{p}==', pins)]
    if free: yield f"constraints.txt does not pin {free}: run make constraints"

def run(*words, **kw):
    out = subprocess.run([str(w) for w in words], capture_output=True, text=True, **kw)
    if out.returncode: raise RuntimeError(f"{words}: {(out.stdout+out.stderr)[-1500:]}")
    return out.stdout

def build(keep=None):
    kinds = ('.py', '.npz', '.safetensors', '.typed', '.js', '.mo')
    held = {p.relative_to(root).as_posix() for p in (root/'mnist_basics').rglob('*')
            if p.suffix in kinds}
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp).resolve()
        run('git', 'clone', '--quiet', root, tmp/'clone')
        run(sys.executable, '-m', 'pip', '-q', 'wheel', '--no-deps', '-w', tmp, tmp/'clone')
        sdist = f"import setuptools.build_meta as b; b.build_sdist({str(tmp)!r})"
        run(sys.executable, '-c', sdist, cwd=tmp/'clone')
        [wheel],[sdist] = tmp.glob('*.whl'),tmp.glob('*.tar.gz')
        got = {n for n in zipfile.ZipFile(wheel).namelist() if '.dist-info/' not in n}
        if got != held: yield f"the wheel lacks {sorted(held-got)} and has too {sorted(got-held)}"
        got = {m.name.partition('/')[2] for m in tarfile.open(sdist) if m.isfile()}
        if not held <= got: yield f"the sdist lacks {sorted(held-got)}"
        for what in (wheel, sdist):
            env = tmp/f'env-{what.suffix[1:]}'
            venv.create(env, with_pip=True)
            pip = [env/'bin'/'python', '-m', 'pip', '-q']
            run(*pip, 'install', '-c', root/'constraints.txt', what)
            clean = {k: v for k,v in os.environ.items() if k != 'PYTHONPATH'} | {'HOME': str(tmp)}
            out = run(env/'bin'/'mnist_basics', cwd=tmp, env=clean)
            if '0.9511' not in out: yield f"{what.name}: the main job printed {out}"
        if keep: [shutil.copy(what, keep) for what in (wheel, sdist)]

def dist():
    "Wheel and sdist in dist/, ready to be published; made of what is committed"
    if run('git', 'status', '--porcelain', cwd=root): yield 'what is here is not committed'
    changes = (root/'CHANGELOG.md').read_text(encoding='utf-8')
    if f"## {cfg['version']}\n" not in changes: yield f"CHANGELOG.md has no {cfg['version']}"
    made = root/'dist'
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    yield from build(made)
    run(sys.executable, '-m', 'twine', 'check', '--strict', *made.iterdir())
    with zipfile.ZipFile(next(made.glob('*.whl'))) as z:
        [meta] = [z.read(n).decode() for n in z.namelist() if n.endswith('/METADATA')]
    near = re.findall(r'\]\((?!https:|#)[^)]*\)', meta)
    if near: yield f"the package's page links to {near[:3]}"

def main(asked):
    jobs = {'imports': imports, 'build': build, 'dist': dist}
    wrong = [w for name in asked or ('imports', 'build') for w in jobs[name]()]
    print(*wrong or ['ok'], sep='\n')
    return bool(wrong)

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
