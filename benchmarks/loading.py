"""Reading images and measuring distances: us and the peers.

As a script it measures the peak memory of one contestant: loading.py CASE NAME PART"""
import hashlib, json, sys, tarfile, tempfile, zipfile
import numpy as np, torch
from PIL import Image
from mnist_basics.baseline import class_means
from mnist_basics.data import load_digits, mnist_path
from mnist_basics.metrics import mnist_distance, nearest
from mnist_basics.store import sha256
from timing import here, peak_extra

cache = here/'cache'

def pngs(part=1.):
    "Sorted paths of the PNGs of the 3s and 7s, or of a part of them"
    fns = sorted(mnist_path(home=cache).rglob('*.png'))
    return fns[::round(1/part)]

def idx_files():
    "The 3s and 7s as raw IDX: a header and the bytes of all images, written once"
    out = []
    for split in ('train','valid'):
        fn = cache/f'{split}-images.idx'
        x,_ = load_digits((3,7), split, raw=True)
        head = np.array([2051, *x.shape], '>i4').tobytes()
        if not fn.exists(): fn.write_bytes(head + x.numpy().tobytes())
        out.append(fn)
    return out

def load(part=1.):
    "Contestants that give the digits as float tensors from 0 to 1"
    fns = pngs(part)
    idx = idx_files()
    digests = {o: hashlib.sha256(o.read_bytes()).hexdigest() for o in idx}
    def book():
        from fastai.torch_core import tensor
        return torch.stack([tensor(Image.open(o)) for o in fns]).float()/255
    def opencv():
        import cv2
        ims = [cv2.imread(str(o), cv2.IMREAD_GRAYSCALE) for o in fns]
        return torch.from_numpy(np.stack(ims)).float()/255
    def fastai():
        from fastai.data.core import Datasets
        from fastai.data.transforms import ToTensor, IntToFloatTensor
        from fastai.vision.core import PILImageBW
        ds = Datasets(fns, [[PILImageBW.create]])
        dl = ds.dataloaders(bs=256, num_workers=0, splits=None, after_item=[ToTensor()],
                            after_batch=[IntToFloatTensor()], device='cpu', drop_last=False)
        return torch.cat([b[0] for b in dl.train])
    def raw_idx(check=True):
        out = []
        for o in idx:
            raw = np.fromfile(o, np.uint8)
            if check and hashlib.sha256(raw).hexdigest() != digests[o]: raise ValueError(o)
            out.append(torch.from_numpy(raw[16:].reshape(-1, 28, 28)).float()/255)
        return out
    def ours():
        sha256.cache_clear()   # the digest is computed anew each time, as in a new process
        return load_digits((3,7)), load_digits((3,7), 'valid')
    return {'ours': ours, 'the book: a list of tensor(Image.open(o))': book, 'cv2.imread': opencv,
            'fastai, one epoch of DataLoaders': fastai, 'raw IDX files, digest checked': raw_idx,
            'raw IDX files, unchecked': lambda: raw_idx(False)}

def first_use():
    "Contestants that make the folder of PNGs"
    src = mnist_path(home=cache)
    tar,zip_ = cache/'m.tgz', cache/'m.zip'
    if not tar.exists():
        with tarfile.open(tar, 'w:gz') as f: f.add(src, arcname='m')
    if not zip_.exists():
        with zipfile.ZipFile(zip_, 'w', zipfile.ZIP_DEFLATED) as f:
            for o in src.rglob('*'): f.write(o, o.relative_to(src))
    def fresh(f):
        def run():
            with tempfile.TemporaryDirectory(dir=cache) as t: f(t)
        return run
    def untar(t):
        safe = {'filter': 'data'} if hasattr(tarfile, 'data_filter') else {}   # not in older ones
        with tarfile.open(tar) as f: f.extractall(t, **safe)
    def unzip(t):
        with zipfile.ZipFile(zip_) as f: f.extractall(t)
    return {'ours': fresh(lambda t: mnist_path(home=t)), 'tarfile': fresh(untar),
            'zipfile': fresh(unzip)}

def images(which, part=1.):
    "Images and mean images: all ten digits, or the 3s and 7s of the validation set"
    if which == 'small':
        (x,y),(vx,_) = load_digits((3,7)), load_digits((3,7), 'valid')
        return vx[::round(1/part)], class_means(x, y)
    (x,y),(vx,_) = load_digits(), load_digits(split='valid')
    means = class_means(x, y)
    return torch.cat([x, vx])[::round(1/part)].clone(), means

def distances(which, part=1.):
    "Contestants that find the closest mean image of each image by L1 distance"
    x,means = images(which, part)
    flat,mflat = x.flatten(1),means.flatten(1)
    npx,npm = flat.numpy(),mflat.numpy()
    def loop(): return torch.stack([mnist_distance(x, m) for m in means]).argmin(0)
    def broadcast(): return (x[:,None]-means).abs().mean((-1,-2)).argmin(1)
    def scipys():
        from scipy.spatial.distance import cdist
        return cdist(npx, npm, 'cityblock').argmin(1)
    def sklearns():
        from sklearn.metrics import pairwise_distances_argmin
        return pairwise_distances_argmin(npx, npm, metric='manhattan')
    def cdist(): return torch.cdist(flat, mflat, p=1).argmin(1)
    return {'ours': lambda: nearest(x, means), 'the book: a loop of mnist_distance': loop,
            'whole broadcast': broadcast, 'scipy cdist': scipys,
            'sklearn pairwise_distances_argmin': sklearns, 'torch.cdist': cdist}

if __name__ == '__main__':
    case,name,part = sys.argv[1], sys.argv[2], float(sys.argv[3])
    if case == 'load': f = load(part)[name]
    else:
        f = distances(case, part)[name]
        torch.cdist(torch.zeros(2,3), torch.zeros(2,3), p=1)
    print(json.dumps({'mb': peak_extra(f)}))
