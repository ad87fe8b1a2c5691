"""First use under fire: python tools/fire.py [KILLS]

The process that makes the folder of PNGs is killed at random moments (100 unless told otherwise);
8 processes start at once on an empty cache, 10 times; a disk of 16 MB is full. Afterwards the next
call works, no part of a folder bears the final name, and nothing of the dead is left. For POSIX."""
import multiprocessing, random, shutil, subprocess, sys, tempfile, time
from pathlib import Path
from mnist_basics.data import load_digits, load_folder, mnist_path

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

def main(kills=100):
    bad = 0
    ctx.set_forkserver_preload(['mnist_basics.data', 'filelock'])
    for trial in (lambda home: killed(home, kills), at_once, disk_full):
        with tempfile.TemporaryDirectory() as tmp:
            home = Path(tmp).resolve()/'home'
            home.mkdir()
            try: print('ok    ', trial(home), flush=True)
            except AssertionError as e:
                bad += 1
                print('FAILED', e, flush=True)
    return bad > 0

if __name__ == '__main__': sys.exit(main(*map(int, sys.argv[1:])))
