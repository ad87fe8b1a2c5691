"""Rebuild mnist_basics/mnist.npz, byte for byte, from MNIST's four IDX files.

    python tools/build_data.py FOLDER  # holds train-images-idx3-ubyte and the other three, unpacked

The files' MD5 digests are checked first. Every image is kept, grouped by split and digit, as uint8,
beside its index in MNIST; within a group the order is that of the sorted file names ('10', '10000',
'10011', ...), so that a tensor read from here and a folder of PNGs listed in order agree."""
import sys, hashlib, struct
from pathlib import Path
import numpy as np
from mnist_basics.store import open_data

digests = {
    'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
    'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
    't10k-images-idx3-ubyte':  '2646ac647ad5339dbf082846283269ea',
    't10k-labels-idx1-ubyte':  '27ae3e4e09519cfbb04c329615203637'}

def read_idx(folder, name):
    "The array in the IDX file `name`, its digest checked"
    data = (folder/name).read_bytes()
    got = hashlib.md5(data).hexdigest()
    if got != digests[name]: sys.exit(f"{folder/name}: MD5 is {got}, expected {digests[name]}")
    ndim = data[3]
    shape = struct.unpack(f'>{ndim}I', data[4:4+4*ndim])
    return np.frombuffer(data, np.uint8, offset=4+4*ndim).reshape(shape)

def by_digit(ims, labels, split):
    "The arrays of one split: images and MNIST indices per digit, in file-name order"
    for d in range(10):
        idx = np.array(sorted(np.flatnonzero(labels==d), key=str), dtype=np.int32)
        yield f'{split}_{d}', ims[idx]
        yield f'{split}_{d}_index', idx

def main(folder):
    dest = Path(__file__).resolve().parent.parent/'mnist_basics'/'mnist.npz'
    def read(stem):
        return [read_idx(folder, f'{stem}-{k}-ubyte') for k in ('images-idx3', 'labels-idx1')]
    arrays = {**dict(by_digit(*read('train'), 'train')), **dict(by_digit(*read('t10k'), 'valid'))}
    np.savez_compressed(dest, **arrays)
    digest = hashlib.sha256(dest.read_bytes()).hexdigest()
    print(f'{dest.name}: {dest.stat().st_size:,} bytes, SHA-256 {digest}')
    try: open_data()
    except ValueError as e:
        sys.exit(f'{e}\nIf meant, put the new digest into open_data in nbs/backstage/store.ipynb')

if __name__ == '__main__':
    if len(sys.argv) != 2: sys.exit(__doc__)
    main(Path(sys.argv[1]))
