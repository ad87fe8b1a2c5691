"Ten digits to 99% on the test images, from import to result, in this process: race.py WHO [device]"
import json, sys, time
start = time.perf_counter()
# epochs, batch size and highest rate; 64 is the default batch size of fastai's DataLoaders
recipes = {'ours': (3, 256, .6), 'fastai, the same recipe': (3, 256, .6),
           'fastai, its own batch size': (3, 64, .2)}

def main(who, device='cpu'):
    epochs,bs,lr = recipes[who]
    if who == 'ours':
        from mnist_basics.tendigits import digit_learner
        learn = digit_learner('convnet', seed=0, batch_size=bs, lr=lr, device=device)
        acc = learn.fit(epochs)[-1]['digit_accuracy']
    else:
        import torch, torch.nn.functional as F
        from functools import partial
        import fastai.callback.progress  # noqa: F401 (a Learner shows its progress only with it)
        from fastai.callback.schedule import ParamScheduler, combined_cos
        from fastai.data.core import DataLoaders
        from fastai.data.load import DataLoader
        from fastai.learner import Learner
        from fastai.metrics import accuracy
        from fastai.optimizer import SGD
        from mnist_basics.data import load_digits
        from mnist_basics.tendigits import convnet
        (x,y),(vx,vy) = load_digits(), load_digits(split='valid')
        torch.manual_seed(0)
        dls = DataLoaders(DataLoader(list(zip(x, y)), bs=bs, shuffle=True, num_workers=0),
                          DataLoader(list(zip(vx, vy)), bs=1000, num_workers=0), device=device)
        model = convnet(generator=torch.Generator().manual_seed(0)).to(device)
        learn = Learner(dls, model, loss_func=F.cross_entropy, lr=lr, metrics=accuracy,
                        opt_func=partial(SGD, decouple_wd=False), # as ours: added to the gradient
                        wd=5e-4, wd_bn_bias=True, moms=(.9,.9,.9))
        with learn.no_bar(), learn.no_logging():
            rates = {'lr': combined_cos(.25, lr*.04, lr, lr*4e-6), 'mom': lambda p: .9}
            learn.fit(epochs, cbs=ParamScheduler(rates))
            acc = learn.validate()[1]
    print(json.dumps({'seconds': time.perf_counter()-start, 'accuracy': float(acc)}))

if __name__ == '__main__': main(*sys.argv[1:])
