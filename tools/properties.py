"""Random tensors for every function with tensors in its signature: python tools/properties.py [N]

Arguments are drawn from the annotations, then one may be spoilt: another rank or length (unmeant
broadcasts), another dtype (bytes), a list, values out of range. Whether a call may pass is asked of
an independent judge, jaxtyping's own check, and of the ranges. What may pass must give finite
numbers of the shape and dtype that the signature promises; what may not must raise one line that
begins with an argument's name. The last line counts."""
import importlib, inspect, pkgutil, random, sys
from typing import get_args
import mnist_basics, torch
from jaxtyping import jaxtyped
from mnist_basics.checks import Rule
from mnist_basics.learner import Learner
from mnist_basics.loss import bce_loss
from torch import nn

# arguments without an annotation or default; lengths of axes that are not free
given = dict(f=lambda x: (x**2).sum(), digits=range(10), height=9, width=9,
             model=nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
             linear=nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
lengths = {'h': 28, 'w': 28, 'classes': 10, '28': 28, '1': 1}

def hints(annotation):
    return [h for h in get_args(annotation) or [annotation] if hasattr(h, 'dim_str')]

def functions():
    "Every typed function with a tensor among its parameters"
    for info in pkgutil.iter_modules(mnist_basics.__path__):
        if info.name == '__main__': continue
        module = importlib.import_module(f'mnist_basics.{info.name}')
        for name,f in vars(module).items():
            if getattr(f, '__module__', '') == module.__name__ and hasattr(f, '__wrapped__'):
                params = inspect.signature(f).parameters
                if any(hints(p.annotation) for p in params.values()): yield name, f, params

def draw(rng, hint, sizes):
    "A tensor as `hint` asks for"
    shape = []
    for d in hint.dim_str.split():
        if d[0] in '*.': shape += sizes.setdefault(d, rng.choices([2,3,4], k=rng.randint(0, 2)))
        else: shape.append(sizes.setdefault(d, lengths.get(d, rng.randint(2, 5))))
    kind,g = hint.dtype.__name__,torch.Generator().manual_seed(rng.randrange(2**31))
    if kind == 'Pixels': return torch.rand(shape, generator=g)
    if kind in ('Targets', 'Bool'): return torch.rand(shape, generator=g) > .5
    if kind == 'Float': return torch.randn(shape, generator=g)
    dtype = torch.uint8 if kind == 'UInt8' else torch.int64
    return torch.randint(0, 10, shape, generator=g).to(dtype)

spoils = dict(rank=lambda x: x[None], broadcast=lambda x: x[...,None],
              range=lambda x: x.float()*255,
              length=lambda x: torch.cat([x, x]) if x.dim() else x,
              bytes=lambda x: (x*255).to(torch.uint8), whole=lambda x: x.long(),
              labels=lambda x: x*7, list=lambda x: x.tolist())

def allowed(params, args):
    "May this call pass? By jaxtyping's check and the ranges"
    with jaxtyped('context'):
        for k,p in params.items():
            if not hints(p.annotation): continue
            fits = [h for h in hints(p.annotation) if isinstance(args[k], h)]
            if not fits: return False
            low,high = getattr(fits[0].dtype, 'span', (float('-inf'), float('inf')))
            if args[k].min() < low or args[k].max() > high: return False
    return True

def attempt(rng, f, params):
    "One call; the kind of spoil and whether it passed, or an AssertionError"
    sizes: dict = {}
    args = {k: draw(rng, rng.choice(hs), sizes) if (hs := hints(p.annotation)) else given[k]
            for k,p in params.items() if hints(p.annotation) or p.default is p.empty}
    kind = rng.choice([*spoils, 'none', 'none'])
    k = rng.choice([k for k,p in params.items() if hints(p.annotation)])
    if kind != 'none': args[k] = spoils[kind](args[k])
    ok = allowed(params, args)
    told = f"{kind} of {k}: {({k: getattr(v, 'shape', v) for k,v in args.items()})}"
    try: out = f(**args)
    except (TypeError, ValueError) as e:
        ours = 'classes' in str(e) or 'expected torch' in str(e) # what no annotation can say
        assert not ok or ours, f'refused what it may take: {told}: {e}'
        assert '\n' not in str(e) and str(e).split(':')[0] in params, f'not a line with a name: {e}'
        return kind, False
    except (RuntimeError, IndexError) as e: # PyTorch's own words: labels beyond the classes
        assert kind in ('labels', 'length'), f'{told}: {e!r}'
        return kind, False
    assert ok, f'passed in silence: {told}'
    if f.__module__.endswith('tendigits') and 'targs' in args: # ten classes everywhere here
        assert args['targs'].max() < 10, f'labels that are no class passed: {told}'
    wanted = hints(inspect.signature(f).return_annotation)
    if wanted and isinstance(out, torch.Tensor):
        Rule('result', inspect.signature(f).return_annotation).shape(out, {})
        assert out.isfinite().all(), f'not finite: {told}'
    return kind, True

def main(examples=300):
    rng,bad,counts = random.Random(0),0,{}
    todo = list(functions())
    for name,f,params in todo:
        for _ in range(examples):
            try: kind,passed = attempt(rng, f, params)
            except AssertionError as e:
                bad += 1
                print('FAILED', name, e)
                break
            counts.setdefault(kind, [0, 0])[passed] += 1
    # probabilities where logits are meant
    model,batch = nn.Sequential(nn.Flatten(), nn.Linear(4, 1), nn.Sigmoid()), torch.rand(8, 2, 2)
    try: Learner([[(batch, torch.ones(8, 1))]]*2, model, bce_loss).fit(1)
    except ValueError as e: counts['logits'] = [int('logits' in str(e)), 0]
    bad += counts.get('logits') != [1, 0]
    print(*(f'{k}: {n} refused, {m} passed' for k,(n,m) in sorted(counts.items())), sep='\n')
    print(f'{len(todo)} functions, {sum(map(sum, counts.values()))} calls, {bad} failed')
    return bad > 0

if __name__ == '__main__': sys.exit(main(*map(int, sys.argv[1:])))
