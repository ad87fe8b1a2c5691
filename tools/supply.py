"""What the package is made of and what it hands on: python tools/supply.py [imports | licences | build]

imports: every module that the core imports is of a package in `requirements`, and each of those is imported; the notebooks and tools
need nothing beyond `dev_requirements`; importing a core module pulls in no fastai, nbdev, IPython or matplotlib.
licences: name, version and licence of everything that is installed with the package.
build: the wheel and the sdist hold what they should and nothing else; each is installed into an empty environment, where the main job is run."""
import ast, json, os, re, subprocess, sys, tarfile, tempfile, venv, zipfile
from configparser import ConfigParser
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

root = Path(__file__).resolve().parent.parent
ini = ConfigParser(delimiters=['='])
ini.read(root/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']

def plain(name): return re.sub(r'[-_.]+', '-', name).lower()
def wanted(key): return {plain(re.match(r'[\w.-]+', o)[0]) for o in cfg[key].split()}

def imported(src):
    "The top-level modules that a Python source imports, but those of Python itself and of the project"
    found = set()
    for o in ast.walk(ast.parse(src)):
        if isinstance(o, ast.Import): found |= {a.name.partition('.')[0] for a in o.names}
        if isinstance(o, ast.ImportFrom) and not o.level: found.add(o.module.partition('.')[0])
    return found - set(sys.stdlib_module_names) - {'mnist_basics'}

def packages(modules):
    "The packages that hold these modules"
    known = packages_distributions()
    return {plain(known.get(m, [m])[0]) for m in modules}

def cells(nb):
    "The code of a notebook, magics and shell commands left out, cells that are not run too"
    for o in json.loads(nb.read_text(encoding='utf-8'))['cells']:
        src = ''.join(o['source'])
        if o['cell_type'] == 'code' and not src.startswith(('%%', '#| eval: false')): yield '\n'.join('pass' if l.lstrip().startswith(('%', '!')) else l for l in src.splitlines())

def imports():
    core,dev = wanted('requirements'),wanted('dev_requirements')
    used = packages(set().union(*(imported(o.read_text(encoding='utf-8')) for o in (root/'mnist_basics').glob('*.py'))))
    if used-core: yield f"the core imports {sorted(used-core)}, not in requirements"
    if core-used: yield f"requirements has {sorted(core-used)}, which the core never imports"
    rest = packages(set().union(*(imported(c) for nb in (root/'nbs').glob('*.ipynb') for c in cells(nb))))
    if rest-core-dev: yield f"the notebooks import {sorted(rest-core-dev)}, in no requirements"
    own = {o.stem for o in (root/'tools').glob('*.py')}
    tools = packages(set().union(*(imported(o.read_text(encoding='utf-8')) for o in (root/'tools').glob('*.py'))) - own)
    if tools-core-dev: yield f"the tools import {sorted(tools-core-dev)}, in no requirements"
    heavy = ['fastai', 'nbdev', 'IPython', 'matplotlib', 'pandas', 'torchvision']
    core_modules = ', '.join(f'mnist_basics.{o.stem}' for o in sorted((root/'mnist_basics').glob('[a-z]*.py')))
    said = subprocess.run([sys.executable, '-c', f'import sys, {core_modules}; print(*[m for m in {heavy} if m in sys.modules])'], capture_output=True, text=True)
    if said.returncode or said.stdout.strip(): yield f"importing the core modules pulls in {said.stdout.strip() or said.stderr[-300:]}"
    pins = {plain(re.match(r'[\w.-]+', l)[0]) for l in (root/'constraints.txt').read_text(encoding='utf-8').splitlines() if re.match(r'\w', l)}
    if (core|dev)-pins: yield f"constraints.txt does not pin {sorted((core|dev)-pins)}: run make constraints"

def closure(names):
    "Everything that is installed with these packages"
    todo,seen = list(names),{}
    while todo:
        name = plain(todo.pop())
        if name in seen: continue
        try: seen[name] = distribution(name)
        except ModuleNotFoundError: continue   # for another platform or Python, or an extra
        todo += [re.match(r'[\w.-]+', o)[0] for o in seen[name].requires or [] if 'extra ==' not in o]
    return seen

def licence(d):
    "The licence of a distribution in a few words, by whichever field has it"
    m = d.metadata
    told = [o.rpartition(' :: ')[2] for o in m.get_all('Classifier') or [] if o.startswith('License ::')]
    return m.get('License-Expression') or ', '.join(told) or (m.get('License') or '').strip().partition('\n')[0][:60] or ''

def licences():
    core,everything = closure(wanted('requirements')),closure(wanted('requirements')|wanted('dev_requirements'))
    for kind,names in (('with the package', sorted(core)), ('for development', sorted(everything.keys()-core.keys()))):
        print(f'\n{kind}:')
        for o in names: print(f'  {o} {everything[o].version}: {licence(everything[o]) or "(says nothing)"}')
    free = re.compile(r'MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|HPND|PIL|Unlicense|CC0|Zope|0BSD|LGPL|matplotlib|public domain', re.I)
    for o,d in sorted(core.items()):
        if not free.search(licence(d)): yield f"{o}: expected a licence that lets anybody use it, got {licence(d) or 'none said'}"

def run(*cmd, **kw):
    o = subprocess.run([str(c) for c in cmd], capture_output=True, text=True, encoding='utf-8', **kw)
    if o.returncode: raise RuntimeError(f"{' '.join(map(str, cmd))}: {(o.stdout+o.stderr)[-1500:]}")
    return o.stdout

def build():
    modules = {o.name for o in (root/'mnist_basics').glob('*.py')}
    data = {'mnist.npz', 'digits.safetensors'}
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp).resolve()
        run('git', 'clone', '--quiet', root, tmp/'clone')
        pip = [sys.executable, '-m', 'pip', '--disable-pip-version-check', '--quiet']
        run(*pip, 'wheel', '--no-deps', '-w', tmp, tmp/'clone')
        run(sys.executable, '-c', f"import setuptools.build_meta as b; b.build_sdist({str(tmp)!r})", cwd=tmp/'clone')
        [wheel],[sdist] = tmp.glob('*.whl'),tmp.glob('*.tar.gz')
        info = wheel.name.split('-py3')[0]+'.dist-info'
        want = {f'mnist_basics/{o}' for o in modules|data} | {f'{info}/{o}' for o in ('METADATA', 'WHEEL', 'RECORD', 'entry_points.txt', 'top_level.txt', 'licenses/LICENSE')}
        got = set(zipfile.ZipFile(wheel).namelist())
        print(f'{wheel.name}: {len(got)} files, {wheel.stat().st_size/1e6:.1f} MB')
        if got != want: yield f"the wheel lacks {sorted(want-got)} and has {sorted(got-want)} beyond what it should"
        top = sdist.name.removesuffix('.tar.gz')
        want = {f'mnist_basics/{o}' for o in modules|data} | {'LICENSE', 'README.md', 'CHANGELOG.md', 'MANIFEST.in', 'PKG-INFO', 'constraints.txt', 'pyproject.toml', 'settings.ini', 'setup.cfg', 'setup.py'}
        got = {o.name.removeprefix(top+'/') for o in tarfile.open(sdist) if o.isfile() and '.egg-info/' not in o.name}
        print(f'{sdist.name}: {len(got)} files, {sdist.stat().st_size/1e6:.1f} MB')
        if got != want: yield f"the sdist lacks {sorted(want-got)} and has {sorted(got-want)} beyond what it should"
        for what in (wheel, sdist):
            env = tmp/f'env-{what.suffix[1:]}'
            venv.create(env, with_pip=True)
            run(env/'bin'/'python', '-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', '-c', root/'constraints.txt', what)
            clean = {k: v for k,v in os.environ.items() if k not in ('PYTHONPATH', 'MNIST_BASICS_HOME')} | {'HOME': str(tmp)}
            out = run(env/'bin'/'mnist_basics', cwd=tmp, env=clean)
            if '0.9511' not in out or out.count('\n') < 13: yield f"{what.name}: the main job printed\n{out}"
            where = run(env/'bin'/'python', '-c', 'import mnist_basics; print(mnist_basics.__file__)', cwd=tmp, env=clean)
            if str(env) not in where: yield f"{what.name}: imported from {where}"
            print(f'{what.name}: installed into an empty environment, main job done, {out.count(chr(10))} lines')

def main(asked):
    bad = 0
    for name in asked or ['imports', 'licences', 'build']:
        wrong = list({'imports': imports, 'licences': licences, 'build': build}[name]())
        bad += len(wrong)
        for o in wrong: print('FAILED', name, o)
        if not wrong: print('ok    ', name)
    return bad > 0

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
