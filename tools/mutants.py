"""Break each exported function in turn and see nbdev_test go red: python tools/mutants.py [NOTEBOOK ...]

tools/mutants.txt lists a plausible mistake per block: the notebook, a line of an exported cell, and what it becomes.
Each is made in a copy, exported, and the notebook is tested there. It must fail. Every exported function must be listed."""
import ast, json, os, shutil, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from check import cmd, leave, root

def mutants():
    "(notebook, old text, new text) of each block in mutants.txt"
    blocks = (root/'tools'/'mutants.txt').read_text(encoding='utf-8').strip().split('\n\n')
    for o in blocks:
        nb,old,new = (line.partition(' ')[2] for line in o.splitlines())
        yield nb,old,new

def exported(nb):
    "The code cells of notebook `nb` that are exported"
    cells = json.loads((root/'nbs'/f'{nb}.ipynb').read_text(encoding='utf-8'))['cells']
    return [o for o in cells if o['cell_type']=='code' and o['source'] and o['source'][0].startswith('#| export')]

def names(src):
    "The functions and classes that a cell defines"
    return [o.name for o in ast.parse(src).body if isinstance(o, (ast.FunctionDef, ast.ClassDef))]

def target(nb, old):
    "The function that the text `old` stands in, which must be one place"
    hits = [''.join(o['source']) for o in exported(nb) if old in ''.join(o['source'])]
    if len(hits) != 1 or hits[0].count(old) != 1: sys.exit(f'{nb}: expected one place in the exported cells, found {len(hits)}: {old}')
    return names(hits[0])

def red(mutant):
    "Is the test of a notebook red when `old` becomes `new` in it?"
    nb,old,new = mutant
    with tempfile.TemporaryDirectory() as tmp:
        tree = Path(tmp)/'mnist_basics'
        shutil.copytree(root, tree, ignore=leave)
        fn = tree/'nbs'/f'{nb}.ipynb'
        d = json.loads(fn.read_text(encoding='utf-8'))
        for o in d['cells']:
            src = ''.join(o['source'])
            if o['cell_type']=='code' and src.startswith('#| export') and old in src: o['source'] = src.replace(old, new).splitlines(True)
        fn.write_text(json.dumps(d), encoding='utf-8')
        if cmd('nbdev-export', cwd=tree)[0]: sys.exit(f'{nb}: can not be exported after: {new}')
        return cmd('nbdev_test', f'nbs/{nb}.ipynb', cwd=tree)[0] != 0

def main(nbs):
    todo = [o for o in mutants() if not nbs or o[0] in nbs]
    broken = {(nb,f) for nb,old,_ in todo for f in target(nb, old)}
    every = {(nb,f) for nb in {o[0] for o in todo} for c in exported(nb) for f in names(''.join(c['source']))}
    reds = []
    with ThreadPoolExecutor(os.cpu_count()) as ex:
        for ok,(nb,old,new) in zip(ex.map(red, todo), todo):
            print('red  ' if ok else 'GREEN', f'{nb}: {old.strip()}  ->  {new.strip()}', flush=True)
            reds.append(ok)
    for nb,f in sorted(every-broken): print('NEVER BROKEN', nb, f)
    bad = reds.count(False) + len(every-broken)
    print(f'\n{len(reds)-reds.count(False)} passed, {bad} failed')
    return bad > 0

if __name__ == '__main__': sys.exit(main(sys.argv[1:]))
