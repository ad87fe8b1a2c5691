"""Break each exported function by rule and see the notebook that teaches it go red.

python tools/mutate.py [NOTEBOOK ...]. Of each function EACH mutants are made (2 unless the variable
says otherwise): a comparison turned, an operator or a truth value exchanged, a number one larger, a
condition reversed, a call or a result left out. What survives is printed with its line; at least
nine in ten must be killed."""
import ast, json, os, random, shutil, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from check import leave, notebooks, ran, root, runner, run_nb

swaps = {ast.Lt: ('<','<='), ast.LtE: ('<=','<'), ast.Gt: ('>','>='), ast.GtE: ('>=','>'),
         ast.Eq: ('==','!='), ast.NotEq: ('!=','=='), ast.In: ('in','not in'),
         ast.NotIn: ('not in','in'), ast.Is: ('is','is not'), ast.IsNot: ('is not','is'),
         ast.Add: ('+','-'), ast.Sub: ('-','+'), ast.Mult: ('*','/'), ast.Div: ('/','*'),
         ast.FloorDiv: ('//','*'), ast.Pow: ('**','*'), ast.Mod: ('%','+'),
         ast.And: ('and','or'), ast.Or: ('or','and')}

def exported(nb):
    "The exported cells of a notebook: from id to source"
    cells = json.loads((root/nb).read_text(encoding='utf-8'))['cells']
    return {c['id']: s for c in cells if (s := ''.join(c['source'])).startswith('#| export')}

def functions(src):
    "(name, node) of each function that a cell defines, methods by the name of their class"
    for node in ast.parse(src).body:
        if isinstance(node, ast.FunctionDef): yield node.name, node
        if isinstance(node, ast.ClassDef):
            for m in node.body:
                if isinstance(m, ast.FunctionDef): yield f'{node.name}.{m.name}', m

def mutants(src, f):
    "The mutants of a function: (place in `src`, old text, new text)"
    starts = [0]
    for line in src.splitlines(True): starts.append(starts[-1]+len(line))
    def begin(n): return starts[n.lineno-1]+n.col_offset
    def end(n): return starts[n.end_lineno-1]+n.end_col_offset
    def whole(n, new): return begin(n), src[begin(n):end(n)], new
    def between(left, right, op):
        old,new = swaps[type(op)]
        at = src.find(old, end(left), begin(right))
        if at >= 0: yield at, old, new
    words = [t for t in ast.walk(f) if isinstance(t, (ast.JoinedStr, ast.Raise))] # of messages
    skip = {id(n) for t in words for n in ast.walk(t)}
    for n in ast.walk(ast.Module(f.body, [])):
        op,value = type(getattr(n, 'op', None)),getattr(n, 'value', None)
        if id(n) in skip: continue
        if isinstance(n, ast.Compare):
            for left,op,right in zip([n.left, *n.comparators], n.ops, n.comparators):
                yield from between(left, right, op)
        elif isinstance(n, ast.BinOp) and op in swaps: yield from between(n.left, n.right, n.op)
        elif isinstance(n, ast.AugAssign) and op in swaps: yield from between(n.target, value, n.op)
        elif isinstance(n, ast.BoolOp): yield from between(*n.values[:2], n.op)
        elif isinstance(n, ast.Constant) and isinstance(value, bool): yield whole(n, str(not value))
        elif isinstance(n, ast.Constant) and isinstance(value, (int, float)):
            yield whole(n, str(value+1))
        elif isinstance(n, (ast.If, ast.IfExp)):
            yield whole(n.test, f'(not ({src[begin(n.test):end(n.test)]}))')
        elif isinstance(n, ast.Expr) and isinstance(n.value, ast.Call): yield whole(n, 'None')
        elif isinstance(n, ast.Return) and value: yield whole(value, 'None')

def trial(tree, nb):
    "In a process of its own: export the notebook and run it; exit code 1 if it fails"
    sys.stdout = sys.stderr = sys.__stderr__ = open(os.devnull, 'w')
    sys.path[:] = [str(tree), *(p for p in sys.path if Path(p or '.').resolve() != root)]
    os.environ['PYTHONPATH'] = str(tree)
    from nbdev.export import nb_export
    nb_export(str(tree/nb), lib_path=str(tree/'mnist_basics'))
    run_nb(tree, nb)

def main(asked):
    todo,each = [],int(os.environ.get('EACH', 2))
    for nb in notebooks(root):
        if asked and not any(name in nb for name in asked): continue
        for k,src in exported(nb).items():
            for name,f in functions(src):
                found = sorted(set(mutants(src, f)))
                chosen = random.Random(name).sample(found, min(each, len(found)))
                todo += [(nb, k, name, m) for m in chosen]
    os.environ |= dict(PYTHONUTF8='1', OMP_NUM_THREADS='1', MPLBACKEND='agg', IN_TEST='1')
    os.environ.setdefault('MNIST_BASICS_HOME', str(root/'.venv'/'cache'))
    ctx,trees = runner(),SimpleQueue()
    with tempfile.TemporaryDirectory() as tmp, ThreadPoolExecutor(os.cpu_count()) as ex:
        for i in range(os.cpu_count()):
            trees.put(tree := Path(tmp).resolve()/str(i)/'mnist_basics')
            shutil.copytree(root, tree, ignore=leave)
        def killed(nb, k=None, src=None):
            tree = trees.get()
            d = json.loads((root/nb).read_text(encoding='utf-8'))
            for c in d['cells']:
                if c['id'] == k: c['source'] = src.splitlines(True)
            (tree/nb).write_text(json.dumps(d), encoding='utf-8')
            try: return ran(ctx, 120, trial, tree, nb)[0] != 0
            finally:
                modules = (f'mnist_basics/{p.name}' for p in (root/'mnist_basics').glob('*.py'))
                for p in [nb, *modules]: shutil.copy(root/p, tree/p)
                trees.put(tree)
        whole = sorted({nb for nb,*_ in todo})
        red = [nb for nb,bad in zip(whole, ex.map(killed, whole)) if bad]
        if red: sys.exit(f'{red}: red before anything is broken')
        def attempt(m):
            nb,k,name,(at,old,new) = m
            src = exported(nb)[k]
            line = src[src.rfind('\n', 0, at)+1:src.find('\n', at)].strip()
            dead = killed(nb, k, src[:at]+new+src[at+len(old):])
            fate = 'killed  ' if dead else 'SURVIVES'
            print(fate, nb, name, '|', line, '|', old, '->', new, flush=True)
            return dead
        dead = sum(ex.map(attempt, todo))
    print(f'\n{dead} of {len(todo)} killed ({dead/len(todo):.1%})')
    return dead < .9*len(todo)

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
