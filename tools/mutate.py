"""Break each exported function in turn and see the notebook that teaches it go red: python tools/mutate.py [--each N] [--seed S] [NOTEBOOK ...]

Two kinds of mutants. tools/mutants.txt lists mistakes that a person might make, a block for each: the notebook, a piece of an exported
cell, what it becomes. And of every function N (4 unless told otherwise, 0 for none) are made by rule: a comparison turned, an
operator or a truth value exchanged, a number one larger, a condition reversed, a call left out. A mutant is killed if the notebook no longer
runs with it. What survives must stand in tools/survivors.txt with the reason why it changes nothing that matters."""
import argparse, ast, json, multiprocessing, os, random, shutil, sys, tempfile, time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from check import leave, root

preload = ['torch', 'numpy', 'PIL.Image', 'matplotlib.pyplot', 'matplotlib_inline.backend_inline', 'IPython', 'nbdev.test', 'nbdev.export', 'fastcore.test']   # not fastai, which teaches tensors new tricks

def notebook(nb): return json.loads((root/'nbs'/f'{nb}.ipynb').read_text(encoding='utf-8'))

def exported(nb):
    "The exported code cells of notebook `nb`: a dict from id to source"
    srcs = {o['id']: ''.join(o['source']) for o in notebook(nb)['cells'] if o['cell_type']=='code'}
    return {k: v for k,v in srcs.items() if v.startswith('#| export')}

def functions(src):
    "(name, node) of each function that a cell defines, methods by the name of their class"
    for o in ast.parse(src).body:
        if isinstance(o, ast.FunctionDef): yield o.name, o
        if isinstance(o, ast.ClassDef): yield from ((f'{o.name}.{m.name}', m) for m in o.body if isinstance(m, ast.FunctionDef))

def listed():
    "The mutants of mutants.txt: (notebook, id of the cell, function, old text, new text, place)"
    for block in (root/'tools'/'mutants.txt').read_text(encoding='utf-8').strip().split('\n\n'):
        nb,old,new = (line.partition(' ')[2] for line in block.splitlines())
        hits = [(k, src) for k,src in exported(nb).items() if old in src]
        if len(hits) != 1 or hits[0][1].count(old) != 1: sys.exit(f'{nb}: expected one place in the exported cells, found {len(hits)}: {old}')
        k,src = hits[0]
        at = src.index(old)
        line = src.count('\n', 0, at+len(old)-len(old.lstrip()))+1
        inside = [name for name,f in functions(src) if min([f.lineno]+[d.lineno for d in f.decorator_list]) <= line <= f.end_lineno]
        yield nb, k, inside[-1] if inside else '(module)', old, new, at

swaps = {ast.Lt: ('<','<='), ast.LtE: ('<=','<'), ast.Gt: ('>','>='), ast.GtE: ('>=','>'), ast.Eq: ('==','!='), ast.NotEq: ('!=','=='), ast.In: ('in','not in'), ast.NotIn: ('not in','in'),
         ast.Is: ('is','is not'), ast.IsNot: ('is not','is'), ast.Add: ('+','-'), ast.Sub: ('-','+'), ast.Mult: ('*','/'), ast.Div: ('/','*'), ast.FloorDiv: ('//','*'), ast.Pow: ('**','*'), ast.Mod: ('%','+'),
         ast.And: ('and','or'), ast.Or: ('or','and'), ast.BitAnd: ('&','|'), ast.BitOr: ('|','&')}

def ruled(src, f):
    "The mutants of a function by rule: (old text, new text, place in `src`)"
    starts = [0]
    for line in src.splitlines(True): starts.append(starts[-1]+len(line.encode()))
    data = src.encode()
    def at(line, col): return starts[line-1]+col
    def begin(n): return at(n.lineno, n.col_offset)
    def end(n): return at(n.end_lineno, n.end_col_offset)
    def text(a, b): return data[a:b].decode()
    def edit(a, b, new): return text(a, b), new, len(text(0, a))
    def between(left, right, op):
        old,new = swaps[type(op)]
        a,gap = end(left), text(end(left), begin(right))
        if gap.count(old) == 1: yield edit(a+len(gap[:gap.index(old)].encode()), a+len(gap[:gap.index(old)].encode())+len(old), new)
    skip = {id(o) for n in ast.walk(f) if isinstance(n, (ast.JoinedStr, ast.Raise)) for o in ast.walk(n)}   # the words of messages
    for n in ast.walk(f):
        if id(n) in skip: continue
        if isinstance(n, ast.Compare):
            for left,op,right in zip([n.left, *n.comparators], n.ops, n.comparators): yield from between(left, right, op)
        elif isinstance(n, ast.BinOp) and type(n.op) in swaps: yield from between(n.left, n.right, n.op)
        elif isinstance(n, ast.AugAssign) and type(n.op) in swaps: yield from between(n.target, n.value, n.op)
        elif isinstance(n, ast.BoolOp): yield from (m for left,right in zip(n.values, n.values[1:]) for m in between(left, right, n.op))
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not): yield edit(begin(n), begin(n.operand), '')
        elif isinstance(n, ast.Constant) and isinstance(n.value, bool): yield edit(begin(n), end(n), str(not n.value))
        elif isinstance(n, ast.Constant) and isinstance(n.value, (int, float)): yield edit(begin(n), end(n), str(n.value+1))
        elif isinstance(n, (ast.If, ast.IfExp, ast.While)): yield edit(begin(n.test), end(n.test), f'(not ({text(begin(n.test), end(n.test))}))')
        elif isinstance(n, ast.Expr) and isinstance(n.value, ast.Call): yield edit(begin(n), end(n), 'None')
        elif isinstance(n, ast.Return) and n.value: yield edit(begin(n.value), end(n.value), 'None')

def mutants(nbs, each, seed):
    "All mutants of the notebooks: those listed, then those made by rule"
    todo = [(*o, 'listed') for o in listed() if o[0] in nbs]
    for nb in nbs:
        for k,src in exported(nb).items():
            for name,f in functions(src):
                options = sorted(set(ruled(src, f)), key=lambda o: (o[2], o[1]))
                chosen = random.Random(f'{seed} {nb} {name}').sample(options, min(each, len(options)))
                todo += [(nb, k, name, *o, 'by rule') for o in sorted(chosen, key=lambda o: o[2])]
    return todo

def trial(tree, nb):
    "In a process of its own: export the notebook and run it; exit code 1 if it fails"
    sys.stdout = sys.stderr = sys.__stderr__ = open(os.environ.get('MUTATE_LOG', os.devnull), 'a', encoding='utf-8')
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.path[:] = [o for o in sys.path if Path(o or '.').resolve() != root]
    os.environ['PYTHONPATH'] = str(tree)
    from nbdev.export import nb_export
    from nbdev.test import test_nb
    fn = tree/'nbs'/f'{nb}.ipynb'
    nb_export(str(fn), lib_path=str(tree/'mnist_basics'))
    sys.exit(0 if test_nb(fn)[0] else 1)

def ran(ctx, tree, nb, limit):
    "'green', 'red' or 'slow' for the notebook as it is in `tree`, and the seconds it took"
    start = time.monotonic()
    p = ctx.Process(target=trial, args=(tree, nb))
    p.start()
    p.join(limit)
    if p.is_alive():
        p.kill()
        p.join()
        return 'slow', limit
    return 'green' if p.exitcode==0 else 'red', time.monotonic()-start

def known():
    "What may survive: (notebook, function, old, new) to the reason"
    text = (root/'tools'/'survivors.txt').read_text(encoding='utf-8')
    return {tuple(o.splitlines()[0].split(' | ')): ' '.join(o.splitlines()[1:]).strip() for o in text.split('\n\n') if o.strip() and not o.startswith('#')}

def told(m):
    "A mutant in one line: notebook | function | its line before | after"
    nb,k,name,old,new,at,_ = m
    src = exported(nb)[k]
    start = src.rfind('\n', 0, at)+1
    stop = src.find('\n', at+len(old))
    line = src[start:stop if stop >= 0 else None]
    return ' | '.join([nb, name, ' '.join(line.split()), ' '.join((line[:at-start]+new+line[at-start+len(old):]).split())])

def main(args=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('nbs', nargs='*')
    p.add_argument('--each', type=int, default=int(os.environ.get('EACH', 4)))
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args(args)
    nbs = a.nbs or [o.stem for o in sorted((root/'nbs').glob('*.ipynb')) if exported(o.stem)]
    todo = mutants(nbs, a.each, a.seed)
    os.environ |= dict(PYTHONUTF8='1', OMP_NUM_THREADS='1', MPLBACKEND='agg', PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    os.environ.setdefault('MNIST_BASICS_HOME', str(root/'.venv'/'cache'))
    ctx = multiprocessing.get_context('forkserver')
    ctx.set_forkserver_preload(preload)
    with tempfile.TemporaryDirectory() as tmp:
        trees = SimpleQueue()
        for i in range(os.cpu_count()):
            shutil.copytree(root, Path(tmp)/str(i)/'mnist_basics', ignore=leave)
            trees.put((Path(tmp)/str(i)/'mnist_basics').resolve())
        def run(nb, k=None, src=None, limit=600):
            tree = trees.get()
            fn,d = tree/'nbs'/f'{nb}.ipynb', notebook(nb)
            for o in d['cells']:
                if o['id'] == k: o['source'] = src.splitlines(True)
            fn.write_text(json.dumps(d), encoding='utf-8')
            try: return ran(ctx, tree, nb, limit)
            finally:
                shutil.copy(root/'nbs'/fn.name, fn)
                for o in (root/'mnist_basics').glob('*.py'): shutil.copy(o, tree/'mnist_basics')
                trees.put(tree)
        with ThreadPoolExecutor(os.cpu_count()) as ex:
            whole = dict(zip(nbs, ex.map(run, nbs)))
            for nb,(how,took) in whole.items():
                if how != 'green': sys.exit(f'{nb}: is {how} before anything is broken')
            def kill(m):
                nb,k,name,old,new,at,_ = m
                src = exported(nb)[k]
                return run(nb, k, src[:at]+new+src[at+len(old):], 60+4*whole[nb][1])
            fates,reasons,alive = Counter(),known(),[]
            for (how,_),m in zip(ex.map(kill, todo), todo):
                fates[m[-1],how] += 1
                if how == 'green': alive.append(told(m))
                print({'red': 'killed  ', 'slow': 'hangs   ', 'green': 'SURVIVES'}[how], told(m), flush=True)
    unsaid = [o for o in alive if tuple(o.split(' | ')) not in reasons]
    never = {(nb, f) for nb in nbs for src in exported(nb).values() for f,_ in functions(src)} - {(m[0], m[2]) for m in todo}
    for o in unsaid: print('\nNO REASON', o)
    for nb,f in sorted(never): print('\nNEVER BROKEN', nb, f)
    for kind in ('listed','by rule'):
        n,dead = sum(v for (k,_),v in fates.items() if k==kind), sum(v for (k,how),v in fates.items() if k==kind and how!='green')
        if n: print(f'\n{kind}: {dead} of {n} killed ({dead/n:.1%})', end='')
    dead = len(todo)-len(alive)
    print(f"\nall: {dead} of {len(todo)} killed ({dead/len(todo):.1%}), {len(alive)} survive, {len(alive)-len(unsaid)} of them with a reason in survivors.txt")
    return dead < .95*len(todo) or bool(unsaid)

if __name__ == '__main__': sys.exit(main())
