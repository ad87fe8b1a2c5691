"""First use under fire: python tools/fire.py [KILLS]

The process that makes the folder of PNGs is killed at random moments (100 unless told otherwise);
8 processes start at once on an empty cache, 10 times; a disk of 16 MB is full. Afterwards the next
call works, no part of a folder bears the final name, and nothing of the dead is left. Then a run
of two processes, one of which is killed, twice; and ten times the data in the same memory.

For Linux."""
import multiprocessing, os, random, shutil, signal, subprocess, sys, tempfile, time
import numpy as np, torch
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from torch.utils.data import DataLoader
from mnist_basics.data import load_digits, load_folder, mnist_path
from mnist_basics.distributed import torchrun
from mnist_basics.learner import Learner
from mnist_basics.loss import bce_loss
from mnist_basics.models import simple_net
from mnist_basics.saving import read_model

ctx = multiprocessing.get_context('forkserver')

def make(home, out=None):
    "In a process of its own: make the folder; what happened goes to the queue `out`"
    try: said = mnist_path((0,1), 'valid', home=home).name
    except Exception as e: said = f'{type(e).__name__}: {e}'
    if out: out.put(said)

def whole(path):
    return all(load_folder(path/'valid'/str(d)).equal(load_digits(d, 'valid')[0]) for d in (0,1))

def parts(home): return [p for p in home.iterdir() if '.part-' in p.name]

def killed(home, times):
    "Kill the making again and again; look after each kill, and make it for good after every third"
    start,rng,amid = time.perf_counter(),random.Random(0),0
    make(home/'trial')
    takes = time.perf_counter()-start
    for i in range(times):
        p = ctx.Process(target=make, args=(home,))
        p.start()
        time.sleep(rng.uniform(0, 2*takes))
        p.kill() # SIGKILL
        p.join()
        path = home/'mnist-0-1-valid'
        amid += bool(parts(home)) and not path.exists()
        assert not path.exists() or whole(path), f'kill {i}: half a folder under the final name'
        if i%3 == 2 or path.exists():
            assert whole(mnist_path((0,1), 'valid', home=home)), f'kill {i}: not mended'
            shutil.rmtree(path)
    mnist_path((0,1), 'valid', home=home)
    assert not parts(home) and amid >= times//5, (parts(home), amid)
    return f'{times} kills, {amid} of them amid the making'

def at_once(home, times=10, n=8):
    "Processes that start together on an empty cache: one makes the folder, all get it"
    for i in range(times):
        out,here = ctx.Queue(),home/str(i)
        for _ in range(n): ctx.Process(target=make, args=(here, out)).start()
        assert [out.get(timeout=120) for _ in range(n)] == ['mnist-0-1-valid']*n
        assert whole(here/'mnist-0-1-valid') and not parts(here)
    return f'{times} times {n} processes at once'

def disk_full(home):
    "A disk of 16 MB, filled but for 6, in a namespace of its own so that nobody needs to be root"
    inside = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c']
    fill = (f'mount -t tmpfs -o size=16m tmpfs {home} && head -c 10000000 /dev/zero > {home}/filler'
            f' && cd {Path(__file__).resolve().parent} && {sys.executable} -c "$0" {home}')
    code = 'import sys; from fire import full; full(sys.argv[1])'
    out = subprocess.run([*inside, fill, code], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr[-600:]
    return 'a full disk'

def full(home):
    "On the full disk: refused with advice, nothing left over; with room, it works"
    home = Path(home)
    try: mnist_path((0,1), 'valid', home=home)
    except OSError as e: assert 'No space left' in str(e) and 'Set MNIST_BASICS_HOME' in str(e), e
    else: sys.exit('the disk was not full')
    assert not (home/'mnist-0-1-valid').exists() and not parts(home)
    (home/'filler').unlink()
    assert whole(mnist_path((0,1), 'valid', home=home))

def ranks(mark):
    "The processes that torchrun has started with `mark` in their command"
    found = []
    for p in Path('/proc').glob('[0-9]*'):
        try: words = (p/'cmdline').read_text(errors='replace').split('\0')
        except OSError: continue                                       # it has just ended
        ours = mark in ' '.join(words) and 'torch.distributed.run' not in words
        if ours: found.append(int(p.name))
    return found

def listening():
    "The addresses at which somebody on this computer waits for connections"
    lines = [line.split() for name in ('tcp', 'tcp6')
             for line in Path('/proc/net', name).read_text().splitlines()[1:]]
    return {line[1] for line in lines if line[3] == '0A'}

def rank_killed(home, kills=2):
    "One of two processes is killed amid an epoch, twice; the run ends as an undisturbed one does"
    rng,before = random.Random(0),listening()
    def run(name, restarts):
        words = f'-m mnist_basics --arch convnet --epochs 3 --checkpoint {home/name}.run'.split()
        return torchrun(*words, '--save', home/name, restarts=restarts, limit=900)
    with ThreadPoolExecutor() as ex:
        going,kept = ex.submit(run, 'killed', kills),home/'killed.run'
        for i in range(kills):
            was,end = kept.stat().st_mtime_ns if i else 0,time.monotonic()+300
            while not kept.exists() or kept.stat().st_mtime_ns == was:
                assert time.monotonic() < end and not going.done(), going.result().stderr[-600:]
                time.sleep(.05)
            time.sleep(rng.uniform(.1, 1))
            os.kill(rng.choice(ranks(str(home))), signal.SIGKILL)
        out = going.result()
    assert out.returncode == 0 and out.stderr.count('exitcode: -9') >= kills, out.stderr[-600:]
    assert run('undisturbed', 0).returncode == 0
    (a,_),(b,_) = (read_model(home/name) for name in ('killed', 'undisturbed'))
    assert a.keys() == b.keys() and all(a[k].equal(b[k]) for k in a), 'other parameters'
    assert not ranks(str(home)) and listening() <= before, (ranks(str(home)), listening()-before)
    return f'a rank killed {kills} times: the parameters of an undisturbed run'

class Mapped:
    "Images in an array on disk, each read when it is asked for; the target: is most of it ink?"
    def __init__(self, file): self.x = np.load(file, mmap_mode='r')
    def __len__(self): return len(self.x)
    def __getitem__(self, i):
        x = torch.from_numpy(self.x[i].astype(np.float32)/255)
        return x, (x.mean() > .5).float()[None]

class Peak:
    "Callback: the most memory that this process and its workers hold, in MB, without mapped files"
    def before_fit(self, learn): self.mb = 0
    def after_batch(self, learn):
        pids = 'self', *(p.pid for p in multiprocessing.active_children())
        lines = [line for pid in pids
                 for line in Path('/proc', str(pid), 'status').read_text().splitlines()]
        kbs = [int(line.split()[1]) for line in lines if line.startswith(('RssAnon', 'RssShmem'))]
        self.mb = max(self.mb, sum(kbs)/1000)

def larger(home, n=2000, size=128*128):
    "A linear model learns from an array on disk by two workers; then from one ten times as large"
    rng,peaks = np.random.default_rng(0),[]
    for times in (1, 1, 10):                                           # the first warms up
        x = np.lib.format.open_memmap(home/'x.npy', 'w+', np.uint8, (n*times,size))
        for part in np.split(x, 10*times): part[:] = rng.integers(0, 256, part.shape)
        del x
        dl = DataLoader(Mapped(home/'x.npy'), 64, shuffle=True, num_workers=2)
        few,peak = DataLoader(Mapped(home/'x.npy'), 64, sampler=range(64)),Peak()
        model = simple_net((size,1), generator=torch.Generator().manual_seed(0))
        Learner((dl, few), model, bce_loss, lr=.001, cbs=peak).fit(1)
        peaks.append(peak.mb)
    floats = 4*n*times*size/1e6
    assert peaks[2] < peaks[1]+.05*floats, peaks
    return (f'{floats:,.0f} MB of numbers from disk in {peaks[2]:.0f} MB of memory, '
            f'a tenth of them in {peaks[1]:.0f} MB')

def main(kills=100):
    bad = 0
    ctx.set_forkserver_preload(['mnist_basics.data', 'filelock'])
    for trial in (lambda home: killed(home, kills), at_once, disk_full, rank_killed, larger):
        with tempfile.TemporaryDirectory() as tmp:
            home = Path(tmp).resolve()/'home'
            home.mkdir()
            try: print('ok    ', trial(home), flush=True)
            except AssertionError as e:
                bad += 1
                print('FAILED', e, flush=True)
    return bad > 0

if __name__ == '__main__': sys.exit(main(*map(int, sys.argv[1:])))
