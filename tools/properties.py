"""Random arguments, good and bad, for the public functions: python tools/properties.py [EXAMPLES]

Good arguments must give what a slow, obvious specification in plain Python gives. Then one argument is spoilt: another rank,
length or dtype, nothing in it, nan or infinity, bytes, a list, another device, a number out of range. Then the function must either still
agree with the specification, or raise an error of ours: from our code, that says what was expected. Hypothesis chooses;
the choice is the same in every run. The last line counts."""
import functools, itertools, math, sys, traceback
from pathlib import Path
import numpy as np, torch
from hypothesis import HealthCheck, given, settings, strategies as st
import mnist_basics
from mnist_basics import baseline, batches, data, learner, loss, metrics, models, predict, sgd, tendigits, training

home = Path(mnist_basics.__file__).parent
floats = torch.float32

# ---- the specification's tools: nested lists, and lengths that must agree

def flat(x): return [o for row in x for o in flat(row)] if isinstance(x, list) else [x]
def shape(x): return (len(x), *shape(x[0])) if isinstance(x, list) and x else (0,) if isinstance(x, list) else ()
def pairs(a, b):
    assert shape(a) == shape(b) and flat(a)
    return list(zip(flat(a), flat(b), strict=True))
def mean(xs): return sum(xs)/len(xs)
def number(x):
    assert math.isfinite(x), x
    return x
def rank(x, n):
    assert len(shape(x)) == n and 0 not in shape(x)
    return x
def pixels(x):
    assert all(isinstance(o, float) and -1e-4 < o < 1+1e-4 for o in flat(x))
    return x
def zero_one(x):
    assert all(o in (0, 1) for o in flat(x))
    return x
def whole(x, low):
    assert isinstance(x, int) and not isinstance(x, bool) and x >= low
    return x
def above(x, low):
    assert not isinstance(x, bool) and low < x < math.inf
    return x
def same_kind(a, b):
    a,b = flat(a),flat(b)
    assert all(isinstance(o, int) for o in a+b) and len({isinstance(o, bool) for o in a+b}) == 1
def dist(a, b): return mean([abs(p-q) for p,q in pairs(a, b)])
def distance(a, b):
    assert min(len(shape(a)), len(shape(b))) >= 2
    pixels(a), pixels(b)
    if len(shape(a)) == len(shape(b)) == 2: return dist(a, b)
    if len(shape(a)) == 2: return [distance(a, o) for o in b]
    if len(shape(b)) == 2: return [distance(o, b) for o in a]
    assert len(a) == len(b)
    return [distance(p, q) for p,q in zip(a, b)]
def logistic(z): return 1/(1+math.exp(-z)) if z > -700 else 0.
def surprise(z, t):
    z = z if t else -z
    return math.log1p(math.exp(-z)) if z > -700 else -z
def log_soft(row):
    top = max(map(number, row))
    total = math.log(sum(math.exp(o-top) for o in row))
    return [o-top-total for o in row]
def mapped(f, x): return [mapped(f, o) for o in x] if isinstance(x, list) else f(x)
def dot(row, w): return sum(p*q for p,q in zip(row, w, strict=True))
def labels(logits, targs):
    rank(logits, 2), rank(targs, 1)
    assert len(logits) == len(targs) and all(isinstance(t, int) and not isinstance(t, bool) and 0 <= t < len(logits[0]) for t in targs)

# ---- what to draw: tensors from a seed, sizes from 1 to 4

def tensor(d, *size, low=0., high=1., dtype=floats):
    g = torch.Generator().manual_seed(d.draw(st.integers(0, 2**32)))
    x = low + (high-low)*torch.rand(size, generator=g, dtype=torch.float64)
    return x.round().to(dtype) if not dtype.is_floating_point else x.to(dtype)
def size(d, low=1, high=4): return d.draw(st.integers(low, high))
def whole_tensor(d, *size, high=3): return tensor(d, *size, low=0, high=high, dtype=d.draw(st.sampled_from([torch.int64, torch.int32, torch.int16])))
def binary(d, *size): return tensor(d, *size, dtype=torch.int64).to(d.draw(st.sampled_from([torch.float32, torch.int64, torch.bool])))
def some_shape(d): return [size(d) for _ in range(d.draw(st.integers(0, 3)))]

def means_spec(x, y):
    rank(pixels(x), 3), rank(y, 1)
    same_kind(y, y)
    assert len(x) == len(y)
    return [[[mean([im[i][j] for im,t in zip(x, y) if t==c]) for j in range(len(x[0][0]))] for i in range(len(x[0]))] for c in sorted(set(y))]

cases = {}
def case(f, name=None):
    "Register for the function `f`: a decorated function draws its arguments and gives them with the specification"
    def keep(draw):
        cases[name or f.__name__] = f, draw
        return draw
    return keep

@case(data.to_float)
def _(d): return dict(x=tensor(d, *some_shape(d), high=255, dtype=torch.uint8)), lambda x: mapped(lambda o: whole(o, 0)/255, x)
@case(data.check_images)
def _(d): return dict(x=tensor(d, *some_shape(d), 2, size(d))), lambda x: x if len(shape(x)) > 1 and flat(pixels(x)) else 1/0
@case(data.check_digits)
def _(d): return dict(digits=d.draw(st.lists(st.integers(0, 9), min_size=1, unique=True))), lambda digits: digits if isinstance(digits, list) else [whole(digits, 0)]
@case(baseline.class_means)
def _(d):
    n = size(d)
    return dict(x=tensor(d, n, size(d), size(d)), y=whole_tensor(d, n)), means_spec
@case(baseline.l1)
def _(d):
    s = some_shape(d)
    return dict(a=tensor(d, *s, low=-9, high=9), b=tensor(d, *s, low=-9, high=9)), lambda a,b: number(dist(a, b))
@case(baseline.rmse)
def _(d):
    s = some_shape(d)
    return dict(a=tensor(d, *s, low=-9, high=9), b=tensor(d, *s, low=-9, high=9)), lambda a,b: number(math.sqrt(mean([(p-q)**2 for p,q in pairs(a, b)])))
@case(metrics.accuracy)
def _(d):
    n = size(d)
    return dict(preds=whole_tensor(d, n), targs=whole_tensor(d, n)), lambda preds,targs: same_kind(preds, targs) or mean([p==t for p,t in pairs(rank(preds, 1), targs)])
@case(metrics.class_accuracy)
def _(d):
    n = size(d)
    def spec(preds, targs):
        same_kind(preds, targs)
        ps = pairs(rank(preds, 1), targs)
        return [sorted(set(targs)), [mean([p==t for p,t in ps if t==c]) for c in sorted(set(targs))]]
    return dict(preds=whole_tensor(d, n), targs=whole_tensor(d, n)), spec
@case(metrics.mnist_distance)
def _(d):
    h,w,n = size(d),size(d),size(d)
    a,b = (tensor(d, *[n]*d.draw(st.integers(0, 1)), h, w) for _ in 'ab')
    return dict(a=a, b=b), distance
@case(metrics.is_3)
def _(d):
    h,w = size(d),size(d)
    def spec(x, mean3, mean7):
        p,q = distance(x, rank(mean3, 2)), distance(x, rank(mean7, 2))
        return [a<b for a,b in zip(p, q)] if isinstance(p, list) else p<q
    return dict(x=tensor(d, *[size(d)]*d.draw(st.integers(0, 1)), h, w), mean3=tensor(d, h, w), mean7=tensor(d, h, w)), spec
@case(metrics.nearest)
def _(d):
    h,w = size(d),size(d)
    def spec(x, means):
        one = len(shape(x)) == 2
        ds = [[distance(o, m) for m in rank(means, 3)] for o in ([x] if one else rank(x, 3))]
        out = [o.index(min(o)) for o in ds]
        return out[0] if one else out
    return dict(x=tensor(d, *[size(d)]*d.draw(st.integers(0, 1)), h, w), means=tensor(d, size(d), h, w)), spec
@case(sgd.mse)
def _(d):
    s = some_shape(d)
    return dict(preds=tensor(d, *s, low=-9, high=9), targs=tensor(d, *s, low=-9, high=9)), lambda preds,targs: number(mean([(p-t)**2 for p,t in pairs(preds, targs)]))
@case(sgd.pixel_model)
def _(d):
    p = size(d)
    return dict(x=tensor(d, size(d), p), w=tensor(d, p, low=-1), b=tensor(d, 1)), lambda x,w,b: [dot(row, rank(w, 1)) + rank(b, 1)[0]*(len(b)==1 or 1/0) for row in rank(x, 2)]
@case(sgd.num_grad)
def _(d):
    def f(x): return (x**2).sum()
    return dict(f=f, x=tensor(d, *some_shape(d), low=-3, high=3), eps=1e-3), lambda f,x,eps: above(eps, 0) and mapped(lambda o: 2*number(o)*(isinstance(o, float) or 1/0), x)
@case(sgd.sgd_step)
def _(d):
    p = tensor(d, size(d), low=-3, high=3).requires_grad_()
    (p**2).sum().backward()
    start = p.tolist()
    return dict(params=[p], lr=d.draw(st.floats(.01, 1))), lambda params,lr: None if above(lr, 0) and isinstance(params, list) and len(params) else 1/0
@case(sgd.gradient_descent)
def _(d):
    def f(x, w):
        if not isinstance(x, torch.Tensor): raise TypeError(f'x: expected a tensor, got {x}')
        return x*w
    def spec(f, params, x, y, lr, steps):
        w,ls = number(float(params[0][0])), []
        for _ in range(whole(steps, 0)):
            ls.append(number(mean([(a*w-b)**2 for a,b in pairs(x, y)])))
            w = number(w - above(lr, 0)*mean([2*a*(a*w-b) for a,b in pairs(x, y)]))
        above(lr, 0)
        return [[[w]], ls]
    n = size(d)
    return dict(f=f, params=[tensor(d, 1)], x=tensor(d, n), y=tensor(d, n), lr=d.draw(st.floats(.01, .5)), steps=size(d, 0, 3)), spec
@case(sgd.fit_pixels)
def _(d):
    def spec(x, y, lr, steps, seed):
        assert len(rank(pixels(x), 3)) == len(rank(zero_one(y), 1)) and set(y) == {0, 1}
        return above(lr, 0) and whole(seed, 0)+1 and [len(x[0])*len(x[0][0]), 1, whole(steps, 0)]
    n = size(d, 2)
    y = binary(d, n)
    y[:2] = torch.tensor([0, 1]).to(y.dtype)
    def f(**kw): return [len(o) for o in sgd.fit_pixels(**kw)]
    return dict(x=tensor(d, n, size(d), size(d)), y=y, lr=.01, steps=size(d, 0, 2), seed=size(d, 0, 9)), spec, f
@case(loss.linear1)
def _(d):
    p = size(d)
    def spec(xb, weights, bias):
        assert shape(weights)[1] == 1 == len(rank(bias, 1))
        return [[dot(row, flat(rank(weights, 2))) + bias[0]] for row in rank(xb, 2)]
    return dict(xb=tensor(d, size(d), p), weights=tensor(d, p, 1, low=-1), bias=tensor(d, 1)), spec
@case(loss.init_params)
def _(d): return (dict(size=[size(d) for _ in range(size(d, 1, 3))], std=d.draw(st.floats(0, 3))),
                  lambda size,std: [whole(o, 1) for o in (size if isinstance(size, list) else [size])] or 1/0 if not isinstance(std, bool) and 0 <= std < math.inf else 1/0, lambda **kw: list(loss.init_params(**kw).shape))
@case(loss.batch_accuracy)
def _(d):
    s = some_shape(d)
    def spec(logits, targs, threshold):
        assert not any(math.isnan(p) for p in flat(logits))
        return mean([(p>number(threshold)) == bool(t) for p,t in pairs(logits, zero_one(targs))])
    return dict(logits=tensor(d, *s, low=-2, high=2), targs=binary(d, *s), threshold=0.), spec
@case(loss.sigmoid)
def _(d): return dict(x=tensor(d, *some_shape(d), low=-99, high=99)), lambda x: mapped(lambda o: logistic(o if not math.isnan(o) else 1/0), x)
@case(loss.mnist_loss)
def _(d):
    s = some_shape(d)
    return dict(preds=tensor(d, *s), targs=binary(d, *s)), lambda preds,targs: mean([1-p if t else p for p,t in pairs(preds, zero_one(targs))]) if all(0 <= p <= 1 for p in flat(preds)) else 1/0
@case(loss.bce_loss)
def _(d):
    s = some_shape(d)
    return dict(logits=tensor(d, *s, low=-99, high=99), targs=binary(d, *s)), lambda logits,targs: mean([surprise(z if not math.isnan(z) else 1/0, t) for z,t in pairs(logits, zero_one(targs))])
@case(batches.Dataset)
def _(d):
    n = size(d)
    return dict(x=tensor(d, n, size(d)), y=whole_tensor(d, n)), lambda x,y: [x, y] if len(x) == len(y) else 1/0, lambda **kw: batches.Dataset(**kw)[:]
@case(batches.Dataset, 'picking from a Dataset')
def _(d):
    n = size(d)
    def spec(i):
        if isinstance(i, int): return [[whole(i, 0), -i], i] if i < n else 1/0
        assert isinstance(i, list) and all(isinstance(o, int) and not isinstance(o, bool) and 0 <= o < n for o in i)
        return [[[o, -o] for o in i], i]
    def f(i): return batches.Dataset(torch.tensor([[o, -o] for o in range(n)]), torch.arange(n))[i]
    return dict(i=d.draw(st.lists(st.integers(0, n-1), min_size=1))), spec, f
@case(batches.Dataset, 'picking by a tensor from a Dataset')
def _(d):
    n = size(d)
    def spec(i):
        assert all(isinstance(o, int) and not isinstance(o, bool) and 0 <= o < n for o in i) and len(shape(i)) == 1
        return [[[o, -o] for o in i], i]
    def f(i):
        if isinstance(i, torch.Tensor) and i.dtype not in (torch.int64, torch.bool) and not i.is_floating_point() and not i.is_complex(): raise TypeError('expected, and tested in 05: int64')
        return batches.Dataset(torch.tensor([[o, -o] for o in range(n)]), torch.arange(n))[i]
    return dict(i=tensor(d, size(d), high=n-1, dtype=torch.int64)), spec, f
@case(batches.DataLoader)
def _(d):
    n = size(d, 1, 9)
    def spec(ds, batch_size, shuffle, seed, drop_last):
        bs,seed = whole(batch_size, 1), whole(seed, 0) if seed is not None else None
        order = list(range(len(ds)))
        out = [order[i:i+bs] for i in range(0, n, bs)]
        return [sorted(sum(out, [])) if not drop_last else n//bs*bs, len(out) if not drop_last else n//bs or 1/0]
    def f(ds, drop_last, **kw):
        dl = batches.DataLoader(ds, drop_last=drop_last, **kw)
        got = [xb for xb,yb in dl if (xb==yb).all()]
        return [sorted(torch.cat(got).tolist()) if not drop_last else sum(map(len, got)), len(got) if len(got)==len(dl) else -1]
    return dict(ds=batches.Dataset(torch.arange(n), torch.arange(n)), batch_size=size(d), shuffle=d.draw(st.booleans()), seed=size(d, 0, 9), drop_last=False), spec, f
@case(training.SGD)
def _(d):
    p = tensor(d, size(d), low=-3, high=3).requires_grad_()
    start = p.tolist()
    def spec(params, lr, momentum, wd):
        w,v = start,[0.]*len(start)
        for x in (lr, momentum, wd): assert not isinstance(x, bool)
        assert isinstance(params, list) and params and 0 < lr < math.inf and 0 <= momentum < 1 and 0 <= wd < math.inf
        for _ in range(3):
            v = [momentum*a + 2*b + wd*b for a,b in zip(v, w)]
            w = [b - lr*a for a,b in zip(v, w)]
        return w
    def f(**kw):
        opt = training.SGD(**kw)
        for _ in range(3):
            opt.zero_grad()
            (p**2).sum().backward()
            opt.step()
        return p.detach()
    return dict(params=[p], lr=d.draw(st.floats(.01, .4)), momentum=d.draw(st.floats(0, .9)), wd=d.draw(st.floats(0, .1))), spec, f
@case(training.train_epoch)
def _(d):
    n = size(d, 1, 9)
    x,y = tensor(d, n, 1, low=-3, high=3),tensor(d, n, 1, low=-3, high=3)
    def spec(x, y, lr, batch_size):
        w,total = 0.,0.
        for i in range(0, len(x), whole(batch_size, 1)):
            ps = pairs(x[i:i+batch_size], y[i:i+batch_size])
            total += number(sum((w*a-b)**2 for a,b in ps))
            w -= above(lr, 0)*mean([2*a*(w*a-b) for a,b in ps])
        return total/len(x)
    def f(x, y, lr, batch_size):
        if isinstance(x, torch.Tensor) and x.dtype != floats: raise TypeError('expected, as by the model: float32')
        model = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.zeros_(model.weight)
        return training.train_epoch(model, batches.DataLoader(batches.Dataset(x, y), batch_size), sgd.mse, training.SGD(model.parameters(), lr))
    return dict(x=x, y=y, lr=d.draw(st.floats(.001, .05)), batch_size=size(d)), spec, f
@case(training.seeded)
def _(d):
    def f(seed):
        with training.seeded(seed): return torch.rand(3) if seed is not None else []
    return dict(seed=size(d, 0, 99)), lambda seed: torch.rand(3, generator=torch.Generator().manual_seed(whole(seed, 0))).tolist() if seed is not None else [], f
@case(models.relu)
def _(d): return dict(x=tensor(d, *some_shape(d), low=-2, high=2)), lambda x: mapped(lambda o: max(o, 0.) if isinstance(o, float) and not math.isnan(o) else o if isinstance(o, float) else 1/0, x)
@case(models.simple_net)
def _(d):
    def f(**kw): return [list(o.shape) for o in models.simple_net(**kw).parameters()]
    def spec(sizes, seed):
        [whole(o, 1) for o in sizes], whole(seed, 0)
        return sum([[[o,i],[o]] for i,o in zip(sizes, sizes[1:])], []) or 1/0
    return dict(sizes=[size(d) for _ in range(size(d, 2))], seed=size(d, 0, 9)), spec, f
@case(tendigits.log_softmax)
def _(d): return dict(x=tensor(d, *some_shape(d), size(d), low=-99, high=99)), lambda x: [log_soft(x)] [0] if len(shape(x)) == 1 else [log_soft(o) if not isinstance(o[0], list) else [log_soft(r) if not isinstance(r[0], list) else [log_soft(q) for q in r] for r in o] for o in x]
@case(tendigits.softmax)
def _(d):
    def spec(x): return mapped(math.exp, log_soft(x)) if not isinstance(x[0], list) else [spec(o) for o in x]
    return dict(x=tensor(d, *some_shape(d), size(d), low=-99, high=99)), spec
@case(tendigits.check_labels)
def _(d):
    n,c = size(d),size(d)
    return dict(logits=tensor(d, n, c), targs=tensor(d, n, high=c-1, dtype=torch.int64)), lambda logits,targs: labels(mapped(number, logits), targs)
@case(tendigits.build)
def _(d): return (dict(name=d.draw(st.sampled_from(['linear', 'simple_net', 'convnet'])), classes=size(d), seed=size(d, 0, 9)),
                  lambda name,classes,seed: [seed is None or whole(seed, 0) == seed, whole(classes, 1)], lambda **kw: [True, tendigits.build(**kw)[-1].out_features])
@case(data.load_digits)
def _(d):
    def spec(digits, raw):
        counts = dict(enumerate([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]))   # of MNIST's test set
        return [sum(counts[o] for o in (digits if isinstance(digits, list) else [whole(digits, 0)])), digits if isinstance(digits, list) else [digits]]
    def f(digits, raw):
        x,y = data.load_digits(digits, 'valid', raw)
        return [len(x), [int(o) for o in dict.fromkeys(y.tolist())]]
    return dict(digits=d.draw(st.lists(st.sampled_from([3, 7, 1]), min_size=1, unique=True)), raw=d.draw(st.booleans())), spec, f
@case(training.validate)
def _(d):
    n = size(d, 1, 9)
    x,y = tensor(d, n, 1, low=-9, high=9),binary(d, n, 1)
    def spec(x, y, batch_size): return [number(mean([surprise(z, t) if not math.isnan(z) else 1/0 for z,t in pairs(x, zero_one(y))])), mean([(z>0) == bool(t) for z,t in pairs(x, y)])] if whole(batch_size, 1) else None
    def f(x, y, batch_size): return training.validate(torch.nn.Identity(), batches.DataLoader(batches.Dataset(x, y), batch_size), loss.bce_loss)
    return dict(x=x, y=y, batch_size=size(d)), spec, f
@case(tendigits.cross_entropy)
def _(d):
    n,c = size(d),size(d)
    def spec(logits, targs):
        labels(logits, targs)
        return mean([-log_soft(row)[t] for row,t in zip(logits, targs)])
    return dict(logits=tensor(d, n, c, low=-9, high=9), targs=tensor(d, n, high=c-1, dtype=torch.int64)), spec
@case(tendigits.digit_accuracy)
def _(d):
    n,c = size(d),size(d)
    def spec(logits, targs):
        labels(logits, targs)
        return mean([mapped(number, row).index(max(row)) == t for row,t in zip(logits, targs)])
    return dict(logits=tensor(d, n, c, low=-9, high=9), targs=tensor(d, n, high=c-1, dtype=torch.int64)), spec
@case(tendigits.confusion)
def _(d):
    n,c = size(d),size(d)
    def spec(preds, targs, classes):
        ps = pairs(rank(preds, 1), targs)
        same_kind(preds, targs)
        assert all(0 <= o < whole(classes, 1) for o in preds+targs)
        return [[sum(p==j and t==i for p,t in ps) for j in range(classes)] for i in range(classes)]
    return dict(preds=tensor(d, n, high=c-1, dtype=torch.int64), targs=tensor(d, n, high=c-1, dtype=torch.int64), classes=c), spec
@case(tendigits.convnet)
def _(d): return dict(out=size(d), width=size(d), seed=size(d, 0, 9)), lambda out,width,seed: [(seed is None or whole(seed, 0)+1) and whole(out, 1), whole(width, 1)*8], lambda **kw: [(m := tendigits.convnet(**kw))[-1].out_features, m[7].out_channels*2]
@case(learner.OneCycle)
def _(d):
    def spec(warm, start, end): return [number(start), number(end)] if 0 < warm < 1 and 0 < start <= 1 and 0 < end <= 1 and not {bool} & {type(warm), type(start), type(end)} else 1/0
    return dict(warm=.25, start=d.draw(st.floats(.01, 1)), end=d.draw(st.floats(.01, 1))), spec, lambda **kw: [(o := learner.OneCycle(**kw)).lr_at(0, 100), o.lr_at(99, 100)]
@case(learner.OneCycle, 'the rate of a OneCycle')
def _(d):
    n = size(d, 1, 50)
    def spec(step, steps):
        assert 0 <= above(step, -1) and above(steps, .999)
        peak = max(steps/4-1, 0)
        a,b,t = (.04, 1, step/peak) if step < peak else (1, 4e-6, min((step-peak)/max(steps-1-peak, 1), 1))
        return b + (a-b)*(1+math.cos(math.pi*t))/2
    return dict(step=size(d, 0, n-1), steps=n), spec, lambda **kw: learner.OneCycle().lr_at(**kw)
@case(learner.EarlyStop)
def _(d): return dict(patience=size(d)), lambda patience: whole(patience, 1), lambda **kw: learner.EarlyStop(**kw).patience
@case(predict.otsu)
def _(d):
    def spec(x):
        values = [o for o in flat(x) if 0 <= o <= 1]
        assert len(values) == len(flat(x)) > 0 and all(isinstance(o, float) for o in values)
        places = [min(int(o*256), 255) for o in values]
        def spread(t):
            low,high = [o+.5 for o in places if o < t], [o+.5 for o in places if o >= t]
            return sum(sum((o-mean(g))**2 for o in g) for g in (low, high) if g)
        cuts = [t for t in range(1, 256) if min(places) < t <= max(places)]
        return spread(256*predict.otsu(np.array(flat(x), np.float32))) <= min(map(spread, cuts))+1e-6 if cuts else True
    return dict(x=tensor(d, size(d), size(d)).numpy()), spec, lambda x: predict.otsu(x) <= 1
@case(predict.center_digit)
def _(d):
    x = np.zeros((size(d, 8, 30), size(d, 8, 30)), np.float32)
    x[2:6,3:5] = 1
    return dict(ink=x), lambda ink: [28, 28] if len(shape(ink)) == 2 and all(isinstance(o, float) and 0 <= o <= 1 for o in flat(ink)) and max(flat(ink)) > 0 else 1/0, lambda ink: list(predict.center_digit(ink).shape)
@case(predict.find_ink)
def _(d):
    x = np.ones((size(d, 8, 30), size(d, 8, 30)), np.float32)
    x[2:6,3:5] = 0
    return dict(x=x), lambda x: 1. if len(shape(x)) == 2 and min(shape(x)) > 2 and all(isinstance(o, float) and 0 <= o <= 1 for o in flat(x)) else 1/0, lambda x: float(predict.find_ink(x).max())
@case(predict.even_light)
def _(d): return dict(x=tensor(d, size(d, 3, 9), size(d, 3, 9)).numpy()), lambda x: list(shape(x)) if len(shape(x)) == 2 and all(isinstance(o, float) and 0 <= o <= 1 for o in flat(x)) else 1/0, lambda x: list(predict.even_light(x).shape)
@case(predict.predict_digit)
def _(d):
    model = models.simple_net((784,3), seed=0)
    def spec(x, model, digits):
        assert shape(rank(pixels(x), 3))[1:] == (28, 28) and len(digits) == 3
        return len(x)
    return dict(x=tensor(d, size(d), 28, 28), model=model, digits=[1, 2, 3]), spec, lambda **kw: len(predict.predict_digit(**kw)[0])

# ---- what has no case here, and why

elsewhere = dict(
    pictures='show_image show_pixels show_images plot_function', files='open_image image_files load_folder open_data mnist_path save_model read_model load_model load_digit_model read_grey read_digit predict_files',
    commands='figures spread trained results train main', loops_that_only_pass_on='fit Learner digit_learner History table progress', another_name='BasicOptim',
    the_guards_themselves='check check_number check_type check_device check_scalar')

def forgotten():
    "Exported names that have neither a case nor a reason"
    modules = [o.stem for o in home.glob('[a-z]*.py')]
    named = {o for m in modules for o in __import__(f'mnist_basics.{m}', fromlist=['x']).__all__}
    return sorted(named - set(cases) - {o for v in elsewhere.values() for o in v.split()})

# ---- how an argument is spoilt

def spoil_tensor(d, x):
    "`x` with one thing changed"
    ways = dict(list=lambda: x.tolist(), none=lambda: None, array=lambda: x.numpy(), text=lambda: 'x', outer=lambda: x[None], column=lambda: x[...,None], inner=lambda: x[0], short=lambda: x[:-1], empty=lambda: x[:0],
                more=lambda: torch.cat([x, x[:1]]), meta=lambda: x.to('meta'), sparse=lambda: x.to_sparse(), minus=lambda: x-1, times=lambda: x*255, grad=lambda: x.clone().requires_grad_(), strided=lambda: torch.stack([x, x], -1)[...,0],
                **{str(o): lambda o=o: x.to(o) for o in (torch.uint8, torch.int8, torch.int32, torch.int64, torch.bool, torch.float16, torch.bfloat16, torch.float64, torch.complex64)},
                **{str(v): lambda v=v: torch.where(torch.arange(x.numel()).view(x.shape) == 0, v, x.float()) for v in (math.nan, math.inf, -math.inf, 7.)})
    try: return ways[d.draw(st.sampled_from(sorted(ways)))]()
    except (RuntimeError, IndexError): return None   # a tensor of rank 0 has no rows to leave out

def spoil_array(d, x):
    ways = dict(list=lambda: x.tolist(), none=lambda: None, tensor=lambda: torch.from_numpy(x), outer=lambda: x[None], inner=lambda: x[0], empty=lambda: x[:0], thin=lambda: x[:,:1], bytes=lambda: (255*x).astype(np.uint8), bool=lambda: x>.5,
                double=lambda: x.astype(np.float64), complex=lambda: x+0j, minus=lambda: x-1, times=lambda: x*255, nan=lambda: x*np.nan, inf=lambda: x+np.inf, blank=lambda: x*0)
    return ways[d.draw(st.sampled_from(sorted(ways)))]()

def spoil_number(d, x): return d.draw(st.sampled_from([0, -1, -.5, 1, 2.5, math.nan, math.inf, True, '1', None, [1], 1j]))

def spoil_list(d, x):
    ways = [x[:0], None, 3, x[0], [*x, 0], [*x, -1], [*x, 2.5], [*x, True], [*x, '3'], [*x, None], [[o] for o in x], (*x, *x)]
    return ways[d.draw(st.integers(0, len(ways)-1))]

def spoilt(d, args):
    "The arguments with one of them spoilt"
    able = [k for k,v in args.items() if isinstance(v, (torch.Tensor, np.ndarray, int, float, list)) and not isinstance(v, bool)]
    k = d.draw(st.sampled_from(able))
    v = args[k]
    how = spoil_tensor if isinstance(v, torch.Tensor) else spoil_array if isinstance(v, np.ndarray) else spoil_list if isinstance(v, list) else spoil_number
    return args | {k: how(d, v)}

# ---- the property

def plain(x):
    "Tensors and arrays as nested lists, tuples as lists"
    if isinstance(x, (torch.Tensor, np.ndarray)): return x.tolist()
    return [plain(o) for o in x] if isinstance(x, (list, tuple)) else x

def close(a, b):
    if isinstance(b, list): return isinstance(a, list) and len(a) == len(b) and all(map(close, a, b))
    return a == b if not isinstance(b, float) else math.isnan(b) and math.isnan(a) or isinstance(a, (int, float)) and math.isclose(a, b, rel_tol=2e-2 if loose.get() else 1e-4, abs_tol=2e-2 if loose.get() else 1e-4)

class loose:
    "Half-precision floats are compared less strictly"
    on = False
    @classmethod
    def get(cls): return cls.on

def ours(e):
    "Was this error raised by our own code, with words on what was expected?"
    last = traceback.extract_tb(e.__traceback__)[-1]
    return (Path(last.filename).parent == home or last.name == 'f') and isinstance(e, (TypeError, ValueError, FloatingPointError, IndexError)) and ('expected' in str(e) or str(e).startswith('the loss is '))

def holds(name, d, spoil):
    "One example"
    f,draw = cases[name]
    args,spec,*call = draw(d)
    call = call[0] if call else f
    if spoil: args = spoilt(d, args)
    loose.on = any(isinstance(o, torch.Tensor) and o.dtype in (torch.float16, torch.bfloat16) for o in args.values())
    try: want = spec(**{k: plain(v) for k,v in args.items()}) if not any(isinstance(v, torch.Tensor) and v.is_sparse for v in args.values()) else 1/0
    except Exception as e: want = e
    try:
        got = call(**args)
        if any(isinstance(o, torch.Tensor) and o.is_meta for o in args.values()): return   # shapes without numbers: nothing to compare
        got = plain(got)
    except Exception as e:
        assert spoil, f"{name}({args}) refused good arguments: {e!r}"
        assert ours(e), f"{name}({args}) ended in an error that is not ours: {e!r}"
        return
    assert not isinstance(want, Exception), f"{name}({args}) gave {got}, but the specification refuses it: {want!r}"
    assert close(got, want), f"{name}({args}) gave {got}, expected {want}"

def main(total=10_000):
    each,failed = -(-total//(2*len(cases))),len(forgotten())
    if forgotten(): print(f"no case and no reason for {', '.join(forgotten())}\n")
    for name,spoil in itertools.product(cases, (False, True)):
        @settings(max_examples=each, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
        @given(st.data())
        def run(d): counted.append(1), holds(name, d, spoil)
        try: run()
        except Exception as e:
            failed += 1
            print(f"{name}, {'spoilt' if spoil else 'good'} arguments: {str(e)[:400]} ... {str(e)[-300:]}\n")
    print(f'{len(counted):,} examples for {len(cases)} functions, {failed} failed')
    return failed > 0

counted = []
if __name__ == '__main__':
    torch.set_num_threads(1)
    sys.exit(main(*map(int, sys.argv[1:])))
