"""The notebooks again in other surroundings: python tools/matrix.py [NAME ...]

Each surrounding runs every notebook in a copy of the project and compares its text outputs with the stored ones: other instruction sets of the
processor, one thread and two, Jupyter's own kernel, nbdev 2 with the packages of its time, the newest packages there are, another time zone, plain C and
Korean CP949 locales, a path with spaces and Korean letters, another user. What this machine can't do is said, and counts as neither."""
import json, os, shutil, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from check import leave, root

def shown(nb):
    "The text outputs of each code cell of a notebook file: (source, texts). Jupyter shows a picture after the cell's value, nbdev before it, and a progress bar to those who watch"
    def texts(o): return [''.join(o.get('text', []))] + [''.join(v) for k,v in sorted(o.get('data', {}).items()) if k.startswith('text/')] + [o.get('evalue', '')]
    cells = json.loads(nb.read_text(encoding='utf-8'))['cells']
    return [(''.join(o['source']), sorted(t for out in o['outputs'] for t in texts(out) if t.strip('\n\x1b[A') and '\r' not in t)) for o in cells if o['cell_type']=='code']

def run(cmd, cwd, env):
    o = subprocess.run([str(c) for c in cmd], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return o.returncode, o.stdout.decode('utf-8', 'replace')

def as_user(user): return ['setpriv', f'--reuid={user}', f'--regid={user}', '--clear-groups', '--']

def environment(python, **more):
    "The variables of this process without those that steer Python or the locale, and some more; None takes one away"
    env = {k: v for k,v in os.environ.items() if not k.startswith(('LC_', 'LANG', 'PYTHON')) and k not in ('OMP_NUM_THREADS', 'TZ')}
    env |= dict(MNIST_BASICS_HOME=str(root/'.venv'/'cache'), OMP_NUM_THREADS='1', PYTHONUTF8='1', LANG='C.UTF-8', PYTHONPATH=str(root/'tools'/'offline'),
                PATH=f"{python.parent}{os.pathsep}{os.environ['PATH']}") | more
    return {k: v for k,v in env.items() if v is not None}

_kernel = """
import sys, nbformat
from nbclient import NotebookClient
nb = nbformat.read(sys.argv[1], as_version=4)
left = [(o, o.source) for o in nb.cells if o.cell_type=='code' and '#| eval: false' in o.source]
for o,_ in left: o.source = ''
NotebookClient(nb, timeout=600, kernel_name='python3', resources=dict(metadata=dict(path='nbs'))).execute()
for o,src in left: o.source = src
nbformat.write(nb, sys.argv[1])
"""

def again(python=Path(sys.executable), folder='mnist_basics', kernel=False, user=None, before=(), **env):
    "Run every notebook in a copy named `folder`, by nbdev_test or in Jupyter's kernel, after the command `before`; a list of what differs"
    with tempfile.TemporaryDirectory() as tmp:
        tree = Path(tmp).resolve()/folder
        shutil.copytree(root, tree, ignore=leave)
        want = {o.name: shown(o) for o in sorted((tree/'nbs').glob('*.ipynb'))}
        env = environment(python, **env)
        first = []
        if user:   # whoever it is has a home of its own, and may write to the copy
            (home := Path(tmp)/'home').mkdir()
            env |= dict(HOME=str(home), MNIST_BASICS_HOME=str(home/'cache'), USER='nobody')
            for o in [Path(tmp), *Path(tmp).rglob('*')]: os.chown(o, user, user)
            first = as_user(user)
        def one(nb):
            if kernel: cmd = [python, '-c', _kernel, f'nbs/{nb}']
            else: cmd = [python.parent/'nbdev_test', '--save', f'nbs/{nb}']
            for o in ([[*before, f'nbs/{nb}'], cmd] if before else [cmd]):
                rc,out = run(first+o, tree, env)
                if rc: return out[-1500:]
            return ''
        # as many at once as there are cores for their threads: threads that wait for each other's core are slow beyond belief
        with ThreadPoolExecutor(max(1, os.cpu_count()//int(env['OMP_NUM_THREADS']))) as ex: failed = dict(zip(want, ex.map(one, want)))
        wrong = [f'{nb} failed: {out}' for nb,out in failed.items() if out]
        for nb,cells in want.items():
            if failed[nb]: continue
            got = shown(tree/'nbs'/nb)
            wrong += [f'{nb}: {src[:60]!r}\n   stored {a}\n   now    {b}' for (src,a),(_,b) in zip(cells, got) if a != b]
            if len(cells) != len(got): wrong.append(f'{nb}: expected {len(cells)} cells, got {len(got)}')
        return wrong

def other_env(name):
    "The Python of an environment that the Makefile makes, made if need be"
    made = subprocess.run(['make', f'{name}/dev'], cwd=root, capture_output=True, text=True)
    if made.returncode: raise OSError(f'could not be made: {made.stderr[-500:]}')
    return root/name/'bin'/'python'

def nbdev2():
    "Its nbdev_test can't store outputs, so that Jupyter's kernel, in the same environment, runs each notebook once more"
    python = other_env('.venv-nbdev2')
    return again(python, kernel=True, before=[python.parent/'nbdev_test', '--path'], OFFLINE='loopback')

def korean():
    "A Korean locale in the old encoding CP949, compiled into a folder; what to set to use it"
    there = root/'.venv'/'locale'
    there.mkdir(exist_ok=True)
    if not (there/'ko_KR.CP949').exists():
        made = subprocess.run(['localedef', '-c', '-i', 'ko_KR', '-f', 'CP949', there/'ko_KR.CP949'], capture_output=True, text=True)
        if not (there/'ko_KR.CP949').exists(): raise OSError(f'localedef can not make it: {made.stderr[-200:]}')
    env = dict(LOCPATH=str(there), LC_ALL='ko_KR.CP949', LANG='ko_KR.CP949', PYTHONUTF8='0')
    said = subprocess.run([sys.executable, '-c', 'import locale; print(locale.getpreferredencoding(False))'], env=os.environ | env, capture_output=True, text=True).stdout.strip()
    if said.upper() != 'CP949': raise OSError(f'the locale was made, but Python reads texts as {said}')
    return env

def nobody():
    "Run as the user nobody, with a Python that nobody may use: an environment of its own, made by nobody from constraints.txt"
    if os.geteuid(): raise OSError('only root can run something as another user')
    home = Path(tempfile.mkdtemp(prefix='nobody-'))
    try:
        os.chown(home, 65534, 65534)
        home.chmod(0o755)
        # through a shell, as setpriv itself still has root's right to pass every folder when it starts a program
        def usable(o): return not subprocess.run([*as_user(65534), 'sh', '-c', '"$0" -c "import venv, ensurepip"', o], cwd='/', capture_output=True).returncode
        base = next((o for o in (Path(sys.base_prefix)/'bin'/'python3', Path('/usr/local/bin/python3'), Path('/usr/bin/python3')) if usable(o)), None)
        if not base: raise OSError('there is no Python that the user nobody may run')
        tree = home/'mnist_basics'
        shutil.copytree(root, tree, ignore=leave)
        for o in [tree, *tree.rglob('*')]: os.chown(o, 65534, 65534)
        env = environment(base, HOME=str(home), PYTHONPATH=None)
        rc,out = run([*as_user(65534), 'make', f'PYTHON={base}', '.venv/dev'], tree, env)
        if rc: return [f'make .venv/dev failed: {out[-1000:]}']
        return again(tree/'.venv'/'bin'/'python', user=65534)
    finally: shutil.rmtree(home, ignore_errors=True)

def flags(): return Path('/proc/cpuinfo').read_text(encoding='utf-8') if Path('/proc/cpuinfo').exists() else ''

def capability(name):
    if name == 'avx512' and 'avx512f' not in flags(): raise OSError('the processor has no AVX-512')
    return again(ATEN_CPU_CAPABILITY=name)

surroundings = {
    'instructions default': lambda: capability('default'), 'instructions avx2': lambda: capability('avx2'), 'instructions avx512': lambda: capability('avx512'),
    'one thread': lambda: again(OMP_NUM_THREADS='1'), 'two threads': lambda: again(OMP_NUM_THREADS='2'),
    "Jupyter's kernel": lambda: again(kernel=True, OFFLINE='loopback'),
    'nbdev 2': nbdev2, 'the newest packages': lambda: again(other_env('.venv-newest'), PYTHONWARNINGS='ignore::FutureWarning'),   # fastai uses what PyTorch will drop
    'time zone': lambda: again(TZ='Pacific/Kiritimati'), 'LANG=C': lambda: again(LANG='C', LC_ALL='C', PYTHONUTF8=None),
    'Korean CP949': lambda: again(**korean()), 'spaces and Korean letters': lambda: again(folder='내 노트 북/mnist basics 숫자'), 'another user': nobody}

def main(asked):
    bad,cant,names = 0,0,list(dict.fromkeys(n for a in asked or [''] for n in surroundings if a in n))
    for name in names:
        f = surroundings[name]
        start = time.monotonic()
        try: wrong = f()
        except OSError as e:
            cant += 1
            print('not here', name, '-', e, flush=True)
            continue
        bad += bool(wrong)
        print('FAILED  ' if wrong else 'ok      ', name, f'({time.monotonic()-start:.0f} s)', flush=True)
        for o in wrong: print('  ', o)
    print(f'\n{len(names)-bad-cant} agree, {bad} differ, {cant} not possible here')
    return bad > 0

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
