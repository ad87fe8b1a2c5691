"""Every test of the project, in a copy of it, offline: python tools/check.py [notebooks] [kernel]

Each notebook is run once, in a process of its own, and must store what is stored, pictures
included. It must be clean, export what the modules hold, and README.md must be the rendering of
nbs/index.ipynb. Ruff, the properties of the public functions, and what is imported against what
is required, too. The last line counts.
`notebooks`: nothing but these; `kernel`: in Jupyter's own kernel, texts compared."""
import difflib, json, multiprocessing, os, shutil, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

root = Path(__file__).resolve().parent.parent
leave = shutil.ignore_patterns('.git', '.venv*', '.ipynb_checkpoints', '__pycache__',
                               '*.egg-info', 'build', 'dist', 'cache', '_site')
warm = ['torch', 'numpy', 'PIL.Image', 'matplotlib.pyplot', 'matplotlib_inline.backend_inline',
        'IPython', 'nbdev.test', 'nbdev.export', 'fastcore.test', 'scipy.ndimage',
        'torch._dynamo'] # which torch.optim imports at first use; not fastai: it changes tensors

def notebooks(tree):
    found = (p.relative_to(tree).as_posix() for p in (tree/'nbs').rglob('*.ipynb'))
    return sorted(nb for nb in found if '/_' not in nb)   # nbs/_ko is made: tools/i18n.py checks it

def text(path): return path.read_text(encoding='utf-8') if path.exists() else '(missing)\n'

def differs(want, got):
    "The first lines in which two texts differ, cut to a readable width; empty if they are the same"
    want,got = want.splitlines(),got.splitlines()
    lines = difflib.unified_diff(want, got, 'stored', 'fresh', lineterm='', n=1)
    return '\n'.join(line[:200] for _,line in zip(range(30), lines))

def outputs(nb, texts_only=False):
    "The outputs of a notebook's code cells, as text"
    def told(out):
        data = out.get('data', {})
        data = {k: v for k,v in data.items() if k.startswith('text/') or not texts_only}
        return {'data': data} | {k: out[k] for k in ('name', 'text') if k in out}
    cells = [c for c in json.loads(nb)['cells'] if c['cell_type']=='code']
    found = [(c['id'], [told(out) for out in c['outputs']]) for c in cells]
    return json.dumps(found, indent=1, ensure_ascii=False)

def run_nb(tree, nb, kernel=False):
    "In a process of its own: run a notebook and store its outputs; exit code 1 if it fails"
    os.chdir(tree)
    sys.path[:] = [str(tree), *(p for p in sys.path if Path(p or '.').resolve() != root)]
    if not kernel:
        from nbdev.test import test_nb
        sys.exit(not test_nb(tree/nb, save=True)[0])
    os.environ['IN_TEST'] = '1' # nbdev's own runner says so by itself
    import nbformat
    from nbclient import NotebookClient
    d = nbformat.read(tree/nb, as_version=4)
    skipped = [(c, c.source) for c in d.cells if '#| eval: false' in c.source]
    for c,_ in skipped: c.source = ''
    where = dict(metadata=dict(path=(tree/nb).parent))
    NotebookClient(d, timeout=600, kernel_name='python3', resources=where).execute()
    for c,source in skipped: c.source = source
    nbformat.write(d, tree/nb)

def runner():
    "A context whose processes start with everything heavy imported"
    ctx = multiprocessing.get_context('forkserver')
    ctx.set_forkserver_preload(warm)
    return ctx

def ran(ctx, limit, target, *args):
    "Exit code of `target(*args)` in a process of its own, killed after `limit`; its seconds"
    start = time.monotonic()
    p = ctx.Process(target=target, args=args)
    p.start()
    p.join(limit)
    if p.is_alive():
        p.kill()
        p.join() # or its exit code would still be None, which reads as success
    return p.exitcode, time.monotonic()-start

def cmd(name, *args, cwd, **env):
    "Run a command of this environment in `cwd`; its exit code and what it printed"
    out = subprocess.run([str(Path(sys.executable).parent/name), *args], cwd=cwd,
                         env=os.environ | env, text=True, encoding='utf-8', errors='replace',
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return out.returncode, out.stdout

def check_notebooks(tree, kernel, beside):
    "Run each, as many at a time as there are cores, the longest first, and what is beside them"
    stored,ctx = {nb: text(tree/nb) for nb in notebooks(tree)},runner()
    order = sorted(stored, key=lambda nb: (-nb.count('/'), nb), reverse=True)
    with ThreadPoolExecutor(os.cpu_count()) as ex:
        def one(nb): return ran(ctx, 600, run_nb, tree, nb, kernel)
        told = ex.submit(list, beside)
        codes = dict(zip(order, ex.map(one, order)))
    yield from told.result()
    cmd('nbdev-clean', cwd=tree)
    for nb,was in stored.items():
        code,took = codes[nb]
        now = text(tree/nb)
        wrong = 'failed: see above' if code else differs(outputs(was, kernel), outputs(now, kernel))
        yield f'run     {nb} ({took:.0f} s)', wrong

def check_made(tree):
    "What is made from the notebooks is what is committed; then the code and the requirements"
    yield check_command(tree, 'python', 'tools/i18n.py', 'check')
    stored = {nb: text(tree/nb) for nb in notebooks(tree)}
    code,out = cmd('nbdev-clean', cwd=tree)
    for nb,was in stored.items():
        yield f'clean   {nb}', out if code else differs(was, text(tree/nb))
    def modules():
        found = {p.relative_to(tree/'mnist_basics').as_posix(): text(p)
                 for p in (tree/'mnist_basics').rglob('*.py')}
        return {name: source for name,source in found.items() if 'AUTOGENERATED' in source}
    had = modules()
    for name in had: (tree/'mnist_basics'/name).unlink()
    code,out = cmd('nbdev-export', cwd=tree)
    made = modules()
    for name in sorted({*had, *made}):
        wrong = differs(had.get(name, '(missing)'), made.get(name, '(not exported)'))
        yield f'export  {name}', out if code else wrong
    (tree/'fresh').mkdir()
    code,out = cmd('python', 'tools/readme.py', 'fresh', cwd=tree)
    for page in ('README.md', 'README.ko.md'):
        wrong = differs(text(tree/page), text(tree/'fresh'/page))
        yield f'render  {page}', out if code else wrong
    was,now = (folder/'docs'/'readme.png' for folder in (tree, tree/'fresh'))
    wrong = code or not was.exists() or was.read_bytes() != now.read_bytes()
    yield 'render  docs/readme.png', 'another picture: make readme' if wrong else ''
    yield check_command(tree, 'ruff', 'check', '--no-cache', '--quiet', '.')
    yield check_command(tree, 'python', 'tools/properties.py', '30')
    yield check_command(tree, 'python', 'tools/supply.py', 'imports')

def check_command(tree, what, *args):
    failed,out = cmd(what, *args, cwd=tree)
    return ' '.join(args[:2]), out if failed else ''

def check_offline(tree, log):
    yield 'no use of the network', text(log) if log.exists() else ''
    tried = log.with_suffix('.tried')
    attempt = "import socket; socket.create_connection(('192.0.2.1', 80), 5)"
    _,out = cmd('python', '-c', attempt, cwd=tree, OFFLINE_LOG=str(tried))
    wrong = '' if 'OfflineError' in out and tried.exists() else out or 'let through'
    yield 'a use of the network is refused and noted', wrong

def main(asked):
    kernel = 'kernel' in asked
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp).resolve()
        tree,copy,log = tmp/'mnist_basics',tmp/'made'/'mnist_basics',tmp/'offline.log'
        shutil.copytree(root, tree, ignore=leave)
        os.environ |= dict(PYTHONUTF8='1', OMP_NUM_THREADS='1', MPLBACKEND='agg',
                           OFFLINE_LOG=str(log), OFFLINE='loopback'*kernel,
                           PYTHONPATH=os.pathsep.join(map(str, (tree, tree/'tools'/'offline'))),
                           PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        os.environ.setdefault('MNIST_BASICS_HOME', str(root/'.venv'/'cache'))
        if not asked: shutil.copytree(tree, copy)
        results = list(check_notebooks(tree, kernel, () if asked else check_made(copy)))
        if not asked: results += check_offline(tree, log)
    for name,wrong in results: print('FAILED' if wrong else 'ok    ', name)
    for name,wrong in results:
        if wrong: print(f'\n{name}\n{wrong}')
    bad = sum(bool(wrong) for _,wrong in results)
    print(f'\n{len(results)-bad} passed, {bad} failed')
    return bad > 0 or not results

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
