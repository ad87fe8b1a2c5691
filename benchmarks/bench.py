"""Us beside what a reader would use instead, timed in turn: python benchmarks/bench.py [CASE ...]

Writes results.json, results.md and results.png beside this file. No timing decides anything."""
import json, os, platform, statistics, sys, time
from importlib.metadata import version
import torch
from mnist_basics.show import table
from loading import cache, distances, first_use, load
from race import recipes
from timing import here, in_turn, python, ratios
from training import cases as trainings, contestants

ROUNDS = int(os.environ.get('ROUNDS', 3))
root = here.parent
modules = sorted(o.stem for o in (root/'mnist_basics').glob('[a-z]*.py') if o.stem != 'book')
parts = (1/8, 1/4, 1/2, 1)

def measured(fns, ours='ours', rounds=ROUNDS): return ratios(in_turn(fns, rounds), ours)

def imports():
    "Each core module in a process of its own, against torch and fastai"
    names = ['torch', *(f'mnist_basics.{o}' for o in modules),
             'fastai.basics', 'fastai.vision.core']
    fns = {o: lambda o=o: python('-c', f'import {o}') for o in names}
    return ratios(in_turn(fns, 2), 'torch')

def memory(rows, script, *args):
    "Add the peak extra memory of each contestant, each in a process of its own"
    for k in rows: rows[k]['mb'] = python(script, args[0], k, *args[1:])[1]['mb']
    return rows

def loading(): return memory(measured(load(), rounds=min(ROUNDS, 5)), 'loading.py', 'load', '1')

def unpacking(): return measured(first_use(), rounds=2)

def distance(which): return memory(measured(distances(which)), 'loading.py', which, '1')

def epochs(case):
    "An epoch of each contestant in turn; then the accuracy of each after five, from a fresh start"
    rows = measured({k: f for k,(f,_) in contestants(case).items()})
    for k,(f,acc) in contestants(case).items():
        if acc:
            for _ in range(5): f()
            rows[k]['accuracy'] = acc()
    return rows

def race():
    "Ten digits to 99%: whole processes"
    times,acc = {k: [] for k in recipes},{}
    for _ in range(2):
        for k in times:
            took,row = python('race.py', k)
            times[k].append(took)
            acc[k] = row['accuracy']
    rows = ratios(times, 'ours')
    for k in rows: rows[k]['accuracy'] = acc[k]
    return rows

def medians(fns): return {p: statistics.median(t) for p,t in in_turn(fns, ROUNDS).items()}

def growth():
    "Seconds and MB of ours at an eighth, a quarter, a half and all of the data"
    rows = {}
    for which,what in (('large', 'L1 distances, 70,000 images to 10 means'),
                       ('small', 'L1 distances, 2,038 to 2')):
        fns = {p: distances(which, p)['ours'] for p in parts}
        mb = {p: python('loading.py', which, 'ours', str(p))[1]['mb'] for p in parts}
        rows[what] = dict(seconds=medians(fns), mb=mb)
    from mnist_basics.data import load_digits
    counts = {p: range(o) for p,o in zip((.1, .2, .5, 1), (1, 2, 5, 10))}
    fns = {p: lambda d=d: load_digits(d) for p,d in counts.items()}
    rows['digits as float tensors, by the number of digits'] = dict(seconds=medians(fns))
    for case in trainings:
        fns = {p: contestants(case, p)['ours'][0] for p in parts}
        rows['an epoch, '+case] = dict(seconds=medians(fns))
    return rows

everything = {
    'import of each core module': imports, '14,434 digits as float tensors': loading,
    'first use: the folder of PNGs': unpacking,
    'L1 distances, 70,000 images to 10 means': lambda: distance('large'),
    'L1 distances, 2,038 images to 2 means': lambda: distance('small'),
    **{f'an epoch, {o}': lambda o=o: epochs(o) for o in trainings},
    'ten digits to 99%, from import to result': race,
    'growth': growth}

def machine():
    names = ('torch numpy fastai scikit-learn scipy opencv-python-headless nbdev '
             'mnist_basics').split()
    return dict(cores=os.cpu_count(), threads=torch.get_num_threads(), system=platform.system(),
                processor=platform.machine(), capability=torch.backends.cpu.get_cpu_capability(),
                python=platform.python_version(), rounds=ROUNDS,
                versions={o: version(o) for o in names})

def shown(sec): return f'{sec:.2f} s' if sec >= 1 else f'{1000*sec:.1f} ms'

def section(name, rows):
    "One case as Markdown"
    if name == 'growth':
        heads = ['case', *(f'{o} of the data' for o in ('1/8', '1/4', '1/2', 'all'))]
        def cell(o, p):
            return shown(o['seconds'][p]) + (f" / {o['mb'][p]:.0f} MB" if 'mb' in o else '')
        body = [[k, *(cell(o, p) for p in o['seconds'])] for k,o in rows.items()]
    else:
        mb,acc = (any(k in o for o in rows.values()) for k in ('mb','accuracy'))
        heads = ['contestant', 'time', 'ratio', 'quartiles',
                 *['extra memory']*mb, *['accuracy']*acc]
        def more(o):
            return ([f"{o['mb']:.0f} MB" if o.get('mb') is not None else '']*mb
                    + [f"{o['accuracy']:.4f}" if 'accuracy' in o else '']*acc)
        body = [[k, shown(o['seconds']), f"{o['ratio']:.2f}",
                 f"{o['low']:.2f} to {o['high']:.2f}", *more(o)] for k,o in rows.items()]
    return f'### {name[0].upper()+name[1:]}\n\n{table(body, heads)}\n'

def plot(results):
    "How many times our time each contestant takes, on a logarithmic axis"
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    todo = {k: v for k,v in results.items() if k != 'growth'}
    if not todo: return
    heights = [len(v) for v in todo.values()]
    fig,axs = plt.subplots(len(todo), 1, figsize=(8, .26*sum(heights)+.75*len(todo)), sharex=True,
                           squeeze=False, gridspec_kw=dict(height_ratios=heights))
    for ax,(name,rows) in zip(axs[:,0], todo.items()):
        for i,(k,o) in enumerate(rows.items()):
            base = k in ('ours', 'torch') or k.startswith('mnist_basics')
            err = [[max(o['ratio']-o['low'], 0)], [max(o['high']-o['ratio'], 0)]]
            ax.barh(i, o['ratio'], color='C1' if base else 'C0', xerr=err, height=.7)
        ax.set(yticks=range(len(rows)), yticklabels=list(rows), xscale='log')
        ax.set_title(name, fontsize=9, loc='left')
        ax.tick_params(labelsize=7)
        ax.axvline(1, color='grey', lw=.8)
        ax.invert_yaxis()
    axs[-1,0].set_xlabel('times ours (imports: times torch)')
    fig.tight_layout()
    fig.savefig(here/'results.png', dpi=110)

def main(names):
    results,start = {},time.perf_counter()
    cache.mkdir(exist_ok=True)
    for name,f in everything.items():
        if names and not any(o in name for o in names): continue
        results[name] = f()
        print(section(name, results[name]), flush=True)
    about = machine() | {'minutes': round((time.perf_counter()-start)/60, 1)}
    data = json.dumps({'machine': about, 'results': results}, indent=1)
    (here/'results.json').write_text(data+'\n', encoding='utf-8')
    head = (here/'reading.md').read_text(encoding='utf-8')
    told = ', '.join(f'{k} {v}' for k,v in about['versions'].items())
    run = (f"One run: {about['minutes']} minutes, {about['cores']} cores, "
           f"{about['threads']} threads, {about['capability']}, "
           f"Python {about['python']}, {told}; {ROUNDS} rounds.")
    sections = '\n'.join(section(k, v) for k,v in results.items())
    md = f"{head}\n{run}\n\n![ratios](results.png)\n\n{sections}"
    (here/'results.md').write_text(md, encoding='utf-8')
    plot(results)

if __name__ == '__main__': main(sys.argv[1:])
