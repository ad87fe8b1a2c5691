"""Timing in turn: every contestant once per round, so that whatever else the machine does falls
on all of them alike."""
import gc, json, os, statistics, subprocess, sys, time
from pathlib import Path

here = Path(__file__).resolve().parent

def in_turn(fns, rounds, least=.1):
    """Seconds of each function in `fns`, a dict, in each round; a quick one is called again and
    again for `least` seconds a round"""
    def timed(f, times):
        start = time.perf_counter()
        for _ in range(times): f()
        return (time.perf_counter()-start)/times
    first = {k: timed(f, 1) for k,f in fns.items()}
    often = {k: 1 if first[k] > 2*least else max(1, int(least/timed(f, 1))) for k,f in fns.items()}
    times = {k: [] for k in fns}
    for r in range(rounds):
        names = list(fns)
        for k in names[r%len(names):] + names[:r%len(names)]:
            gc.collect()
            # the idle threads of the last one (numpy's, torch's) go on spinning for a while,
            # and would cost the next one a core
            time.sleep(.1)
            times[k].append(timed(fns[k], often[k]))
    return times

def ratios(times, ours):
    """For each contestant: its median time, and how many times ours it is: median, first and third
    quartile of the rounds"""
    rows = {}
    for k,ts in times.items():
        each,middle = [t/o for t,o in zip(ts, times[ours])],statistics.median(ts)
        q = statistics.quantiles(each, n=4, method='inclusive') if len(ts)>1 else each*3
        ratio = middle/statistics.median(times[ours])
        rows[k] = dict(seconds=middle, ratio=ratio, low=q[0], high=q[2])
    return rows

def python(*args, **env):
    "Run a script in a fresh process: seconds, and the JSON of its last line if it has one"
    start = time.perf_counter()
    o = subprocess.run([sys.executable, *args], cwd=here, env={**os.environ, **env},
                       capture_output=True, text=True, encoding='utf-8')
    took = time.perf_counter()-start
    if o.returncode: raise RuntimeError(f"{args}: {o.stderr[-2000:]}")
    last = o.stdout.strip().splitlines()[-1:] or ['']
    return took, json.loads(last[0]) if last[0].startswith(('{','[')) else None

def _memory(key):
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith(key): return int(line.split()[1])*1024/1e6

def peak_extra(f):
    "MB by which the peak memory of this process grows while `f` runs; on Linux, elsewhere None"
    if not Path('/proc/self/clear_refs').exists(): return f() and None
    gc.collect()
    for _ in range(20):
        # the peak begins anew, at times only when memory that was freed has gone
        Path('/proc/self/clear_refs').write_text('5')
        if _memory('VmHWM') - _memory('VmRSS') < 1: break
        time.sleep(.1)
    before = _memory('VmRSS')
    f()
    return _memory('VmHWM') - before
