"""An epoch of training, validation included: us and the peers, on the same model, data, batch size
and learning rate. A contestant is a pair: a function that trains for one more epoch, and one that
gives the accuracy on the validation images."""
import numpy as np, torch, torch.nn.functional as F
from torch import nn
from mnist_basics.batches import DataLoader, Dataset
from mnist_basics.data import load_digits
from mnist_basics.learner import Learner
from mnist_basics.loss import batch_accuracy
from mnist_basics.models import simple_net
from mnist_basics.tendigits import digit_accuracy

bs,valid_bs = 256,1024
cases = {'linear': ((784,1), 1.), '30 hidden units': ((784,30,1), .5),
         'ten digits, 50 hidden units': ((784,50,10), .5)}

def data(case, part=1.):
    "Images as rows, and targets, of both splits: shape (n, 1) for 3s and 7s, labels for ten digits"
    digits = (3,7) if cases[case][0][-1]==1 else range(10)
    out = []
    for split in ('train','valid'):
        x,y = load_digits(digits, split)
        k = round(1/part) if split=='train' else 1
        x,y = x.flatten(1)[::k].clone(),y[::k]
        out.append((x, (y==3).float()[:,None] if len(digits)==2 else y))
    return out

def seeded(): return torch.Generator().manual_seed(0)

def contestants(case, part=1.):
    sizes,lr = cases[case]
    def net(): return simple_net(sizes, generator=seeded())
    (x,y),(vx,vy) = data(case, part)
    two = sizes[-1]==1
    loss,metric = F.cross_entropy,digit_accuracy
    if two: loss,metric = F.binary_cross_entropy_with_logits,batch_accuracy
    def right(p, t): return ((p>0)==(t==1) if two else p.argmax(1)==t).float().mean()
    def accuracy_of(model):
        with torch.no_grad(): return right(model(vx), vy).item()
    out = {}

    def loaders():
        return (DataLoader(Dataset(x, y), bs, shuffle=True, generator=seeded()),
                DataLoader(Dataset(vx, vy), valid_bs))
    learn = Learner(loaders(), net(), loss, lr=lr, metrics=metric)
    out['ours'] = lambda: learn.fit(1), lambda: learn.validate()[1]

    # the same written plainly: no loader, no optimizer, a validation of all at once at the end
    bare_model,order = net(),seeded()
    params = list(bare_model.parameters())
    def bare():
        for idxs in torch.randperm(len(x), generator=order).split(bs):
            loss(bare_model(x.index_select(0, idxs)), y.index_select(0, idxs)).backward()
            with torch.no_grad():
                for p in params:
                    p.sub_(p.grad, alpha=lr)
                    p.grad = None
        with torch.no_grad():
            preds = bare_model(vx)
            loss(preds, vy).item(), right(preds, vy).item()
    out['a bare loop in torch'] = bare, lambda: accuracy_of(bare_model)

    # the book's loop: a list of pairs in fastai's DataLoader, parameters stepped one by one,
    # accuracy as a mean of batches
    from fastai.data.load import DataLoader as FastLoader
    book_model = net()
    dl = FastLoader(list(zip(x, y)), bs=bs, shuffle=True, num_workers=0)
    valid_dl = FastLoader(list(zip(vx, vy)), bs=valid_bs, num_workers=0)
    def book():
        for xb,yb in dl:
            loss(book_model(xb), yb).backward()
            for p in book_model.parameters():
                p.data -= p.grad.data*lr
                p.grad = None
        with torch.no_grad(): torch.stack([right(book_model(xb), yb) for xb,yb in valid_dl]).mean()
    out["the book's loop"] = book, lambda: accuracy_of(book_model)

    import fastai.callback.progress  # noqa: F401 (a Learner shows its progress only with it)
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner as FastLearner
    from fastai.optimizer import SGD as FastSGD
    def fastai(dls):
        learn = FastLearner(dls, net(), loss, opt_func=FastSGD, lr=lr, wd=0., metrics=right)
        def epoch():
            with learn.no_bar(), learn.no_logging(): learn.fit(1)
        return epoch, lambda: accuracy_of(learn.model)
    out["fastai's Learner, its DataLoader"] = fastai(DataLoaders(dl, valid_dl))
    out["fastai's Learner, our DataLoader"] = fastai(DataLoaders(*loaders()))

    from torch.utils.data import DataLoader as TorchLoader, TensorDataset
    model = net()
    opt = torch.optim.SGD(model.parameters(), lr)
    tdl = TorchLoader(TensorDataset(x, y), bs, shuffle=True, generator=seeded())
    tvalid = TorchLoader(TensorDataset(vx, vy), valid_bs)
    def plain():
        for xb,yb in tdl:
            loss(model(xb), yb).backward()
            opt.step()
            opt.zero_grad()
        with torch.no_grad(): sum(right(model(xb), yb)*len(yb) for xb,yb in tvalid)
    out['a plain loop over torch.utils.data.DataLoader'] = plain, lambda: accuracy_of(model)

    from sklearn.linear_model import SGDClassifier
    from sklearn.neural_network import MLPClassifier
    nx,ny,nvx,nvy = (o.numpy() for o in (x, y.flatten(), vx, vy.flatten()))
    if len(sizes)==2: sk = SGDClassifier(loss='log_loss', learning_rate='constant', eta0=.01,
                                         alpha=1e-6, random_state=0)
    else: sk = MLPClassifier(sizes[1:-1], solver='sgd', batch_size=bs, learning_rate_init=lr,
                             momentum=0, alpha=0, random_state=0)
    def sklearn():
        sk.partial_fit(nx, ny, classes=np.unique(ny))
        sk.score(nvx, nvy)
    out[f'sklearn {type(sk).__name__}'] = sklearn, lambda: sk.score(nvx, nvy)

    rng = np.random.default_rng(0)
    ws = [[(rng.random((i,o), np.float32)-.5)*2/i**.5, np.zeros(o, np.float32)]
          for i,o in zip(sizes, sizes[1:])]
    eye = np.eye(10, dtype=np.float32)
    def forward(a):
        acts = [a]
        for i,(w,b) in enumerate(ws):
            a = a@w + b
            if i < len(ws)-1: a = np.maximum(a, 0)
            acts.append(a)
        return acts
    def numpy():
        order = rng.permutation(len(nx))
        for i in range(0, len(nx), bs):
            j = order[i:i+bs]
            acts = forward(nx[j])
            z = acts[-1]
            if two: g = (1/(1+np.exp(-z)) - ny[j][:,None]) / len(j)
            else:
                e = np.exp(z - z.max(1, keepdims=True))
                g = (e/e.sum(1, keepdims=True) - eye[ny[j]]) / len(j)
            for k in reversed(range(len(ws))):
                w,b = ws[k]
                back = (g@w.T)*(acts[k]>0) if k else None
                w -= lr*(acts[k].T@g)
                b -= lr*g.sum(0)
                g = back
        score()
    def score():
        z = forward(nvx)[-1]
        return float((((z[:,0]>0)==(ny_valid==1)) if two else (z.argmax(1)==ny_valid)).mean())
    ny_valid = nvy
    out['hand-written numpy'] = numpy, score

    mats = [nn.Linear(i, o).weight.detach() for i,o in zip(sizes, sizes[1:])]
    batches,vbatches = x.split(bs),vx.split(valid_bs)
    def matmuls():
        with torch.no_grad():
            for train,bb in ((True, batches), (False, vbatches)):
                for a in bb:
                    acts = [a]
                    for w in mats: acts.append(acts[-1]@w.T)
                    if train:
                        g = acts[-1]
                        for k in reversed(range(len(mats))):
                            g.T@acts[k]
                            if k: g = g@mats[k]
    out['the matrix products alone'] = matmuls, None
    return out
