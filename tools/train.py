"""Make the packaged models: python tools/train.py [FILE]. About 40 minutes on two cores.

The convnet of chapter 11, four times as wide, learns from MNIST's training images, from digits
drawn here with pens of all kinds, and from drawings that show no digit, whose target is a tenth for
each digit. What is drawn here has gone through the reader of photographs, so that the net knows
what that makes of it. All images are changed at random as in chapter 12. Images that are held out
set the temperature; MNIST's test images are looked at once, at the end."""
import sys, matplotlib, numpy as np, torch, torch.nn.functional as F
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from mnist_basics.augment import (Augment, draw_chars, fit_temperature, random_affine,
                                  random_blur, random_noise, random_stroke,
                                  soft_cross_entropy, soft_targets)
from mnist_basics.batches import DataLoader, Dataset
from mnist_basics.data import load_digits
from mnist_basics.learner import Learner, OneCycle
from mnist_basics.metrics import accuracy
from mnist_basics.optimizers import SGD
from mnist_basics.reading import digit_image, resized
from mnist_basics.tendigits import digit_learner, digit_model

PACKAGED = Path(__file__).resolve().parent.parent/'mnist_basics'/'digits.safetensors'
FONTS = [str(f) for f in sorted(Path(matplotlib.get_data_path(), 'fonts/ttf').glob('*.ttf'))
         if f.name.startswith(('DejaVu', 'STIXGeneral')) and 'Display' not in f.name]
CHARS = 'ACEFGHJKLMNPRTUVWXYacdefhkmnprtuvwxy+-=?#&%*<>^~$§€@{}[]ÄÜΔΓΛΣΞΩαβλπψω'

# Strokes as points, x before y, y downward; a dash begins the next stroke, a dot marks a corner
DIGITS = [
    '41 22 15 38 57 74 62 41|51 22 14 27 48 67 65 52 31|31 16 38 63 42 30|'
    '41 21 15 28 48 66 63 42 - 72. 18.',
    '41. 48.|51. 38.|24 33 51. 48.|14 32 51. 50 48.|33 51. 48. - 28. 68.|'
    '13. 41. 48. - 18. 78.|32. 61. 28.',
    '23 31 52 63 54 27 18. 78.|13 21 52 63 45 17. 37 57 78|22 40 62 54 36 17 28 36 57 78|'
    '12. 61. 55 18. 79.|24 31 62 37 18 27 48 68 76',
    '22 41 62 53 34. 54 66 57 38 17|21. 61. 34. 55 67 48 17|12 31 53 44 24 45 66 58 28|'
    '22 50 62 44 35 44 67 48 28 17|31 53 35. 57 49 19',
    '31. 15. 75. - 52. 58.|51. 15. 75. - 51. 58.|21. 25. 65. - 62. 59.|21 24 36 65 - 62 55 58|'
    '50. 16. 66. - 45. 49.|61. 31. 15. 85. - 61. 58.',
    '62. 22. 24. 44 66 57 38 17|62. 31. 24. 53 66 48 28|21. 24. 44 65 57 38 17 - 21. 71.|'
    '32. 25. 44 66 48 18 - 33. 63.|71 22 23 54 56 37 17',
    '52 31 14 17 38 57 65 44 25|61 33 15 17 48 67 65 45 26|41 24 16 38 57 55 35 17|'
    '60 32 16 28 48 66 54 35 27|31. 17 38 56 45 26',
    '12. 72. 38.|12. 62. 48.|13. 12. 72. 45 38|12 22 31 62. 38.|12. 62. 38. - 24. 65.|'
    '11. 71. 47 49 - 35. 75.|22. 71. 19.',
    '52 31 23 45 66 58 38 27 34 53 62 51|41 22 34 56 47 28 16 34 52 41|'
    '51 31 33 54 56 47 27 25 43 62 51|32 51 42 32 24 - 34 53 66 38 26 34|'
    '62 41 23 55 67 48 27 35 63 71',
    '62 41 23 25 45 63 62. 58.|52 31 23 35 54 62. 65 48 18|61 31 24 45 63. 61. 68.|'
    '62 50 32 34 54 62 48 29|53 41 33 45 62 67 49 28']
OTHERS = (
    '12. 41. 78. - 25. 65.|62 41 14 17 48 67|11. 18. - 11. 41 64 48 18.|'
    '61. 11. 18. 68. - 14. 54.|61. 11. 18. - 14. 54.|62 41 14 18 58 66. 36.|'
    '11. 18. - 61. 68. - 14. 64.|51. 57 38 17|11. 18. - 61. 14. 68.|11. 18. 68.|'
    '18. 11. 45. 71. 78.|18. 11. 68. 61.|18. 11. 51 63 45 14.|18. 11. 51 63 44 14. - 34. 68.|'
    '11. 71. - 41. 48.|11. 16 38 57 61.|11. 38. 61.|18. 61. - 11. 68.|11. 28. 44. 58. 71.|'
    '11. 68. - 61. 18.|11. 34. 61. - 34. 38.|54 34 16 28 47 54. - 54. 58|'
    '11. 18. - 16 34 54 58.|14. 18. - 16 34 54 58. - 55 74 88.|14. 18. - 15 34 54 58.|'
    '14. 18. - 16 34 54|14. 16 28 47 54. 58.|14. 38. 64.|15. 38. 44. 58. 75.|'
    '14. 58. - 54. 18.|14. 36. - 64. 29.|16. 56. 44 24 17 38 57|51 41 33. 38. - 24. 54.|'
    '32. 37 48 57 - 24. 54.|11. 18. - 15. 51. - 24. 58.|41. 48. - 15. 75.|15. 75.|'
    '14. 74. - 16. 76.|22 41 62 45. 46. - 48. 49.|41. 18. 71. 24. 84. 41.|'
    '21. 28. - 51. 58. - 13. 73. - 16. 76.|78 23 41 53 16 28 58 75|'
    '61. 18. - 22 31 32 22 - 57 66 67 57|12. 78. - 72. 18. - 41. 49.|15. 75. - 52. 75. 58.|'
    '15. 38. 81.|12. 52. 58. 18. 12.|41. 78. 18. 41.|61 31 14 38 68|61. 25. 68.|21. 65. 28.|'
    '11 24 14 54 24 64 58 18 78|51 31 34 25 36 38 58|61 31 14 17 38 68 76 73 54 35 46 66 73|'
    '22. 25. - 52. 55. - 15 27 47 64|21 28 - 41 48 - 61 68|15 23 35 47 55 63 75')

def smooth(points, corners, n=8):
    "A Catmull-Rom curve through points, bent sharply at its corners"
    def part(i):
        b,c = points[i],points[i+1]
        a = 2*b-c if i == 0 or corners[i] else points[i-1]
        d = 2*c-b if i == len(points)-2 or corners[i+1] else points[i+2]
        t = np.linspace(0, 1, n)[:,None]
        return b + t/2*(c-a + t*(2*a-5*b+4*c-d + t*(3*(b-c)+d-a)))
    return np.concatenate([part(i) for i in range(len(points)-1)])

def by_hand(rng, text):
    "The strokes of a template in an unsteady hand, slanted, stretched and turned"
    wild,a = rng.uniform(.1, .4),rng.normal(0, .12)
    turn = [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
    form = np.array([[rng.uniform(.6, 1.2), rng.normal(-.1, .2)], [0, 1]])@turn
    for stroke in text.split('-'):
        words = stroke.split()
        points = np.array([[int(w[0]), int(w[1])] for w in words])
        points = points + rng.normal(0, wild, points.shape)
        yield smooth(points, ['.' in w for w in words])@form.T

def log_uniform(rng, low, high): return np.exp(rng.uniform(np.log(low), np.log(high)))

def sketch(rng, text):
    "A page with a drawing on it: brightness"
    parts = list(by_hand(rng, text))
    low,high = np.concatenate(parts).min(0),np.concatenate(parts).max(0)
    side = log_uniform(rng, 20, 400)
    pen,k = max(.8, side*log_uniform(rng, .025, .2)),2 if side > 200 else 4
    scale,radius = k*(side-pen)/max(*(high-low), 1),k*pen/2
    im = Image.new('L', [int(n*scale + 2*k*(pen+4)) for n in high-low])
    draw = ImageDraw.Draw(im)
    for p in parts:
        p = [tuple(q) for q in (p-low)*scale + k*(pen+4)]
        draw.line(p, 255, max(1, round(2*radius)))
        for x,y in p: draw.ellipse((x-radius, y-radius, x+radius, y+radius), fill=255)
    return page(rng, np.asarray(im.reduce(k), np.float32)/255)

def page(rng, ink):
    "Ink on paper: brightness, with blur, noise, shade and margins at random, sometimes inverted"
    x = np.pad(ink, [(int(max(ink.shape)*rng.uniform(.1, .6)),)*2 for _ in 'hw'])
    x = gaussian_filter(x, rng.uniform(0, .012)*max(x.shape))
    paper,shade = rng.uniform(.4, 1), np.linspace(0, rng.uniform(0, .4), x.shape[1])
    x = paper*(1-shade)*(1-x*rng.uniform(.4, .95)) + rng.normal(0, rng.uniform(0, .05), x.shape)
    x = x.clip(0, 1).astype(np.float32)
    return 1-x if rng.random() < .3 else x

def read(page):
    "What the network is given of a page; nothing if there is no digit to be seen"
    try: return digit_image(page)
    except ValueError: return np.zeros((28,28), np.float32)

def drawn_digit(seed):
    rng = np.random.default_rng([1, seed])
    return read(sketch(rng, str(rng.choice(DIGITS[seed%10].split('|')))))

def drawn_other(seed):
    rng = np.random.default_rng([2, seed])
    scribble = ' '.join(f'{a}{b}' for a,b in rng.integers(9, size=(rng.integers(4, 14),2)))
    if rng.random() < .1: return read(page(rng, (rng.random((28,28)) < .02).astype(np.float32)))
    return read(sketch(rng, scribble if rng.random() < .15 else str(rng.choice(OTHERS.split('|')))))

def photographed(image, seed):
    "An MNIST image as a pen would have drawn it, on a page, read"
    rng = np.random.default_rng([3, seed])
    side = int(log_uniform(rng, 28, 300))
    big = gaussian_filter(resized(image, side, side), side/60)
    ink = ((big-rng.uniform(.3, .5))*rng.uniform(2, 8) + .5).clip(0, 1)
    rows,cols = (np.nonzero((ink > .1).any(d))[0] for d in (1,0))
    return read(page(rng, ink[rows[0]:rows[-1]+1,cols[0]:cols[-1]+1].astype(np.float32)))

def many(func, n, *args):
    "Images of `n` seeds, made by two processes"
    with ProcessPoolExecutor(2) as ex:
        return torch.from_numpy(np.stack(list(ex.map(func, *args, range(n), chunksize=50))))

def twisted(x, y):
    "MNIST images that are digits no more: lying, mirrored, two in one"
    x,y = (o[~torch.isin(y, torch.tensor([0,1,8]))] for o in (x, y))
    (a,b,c,d),(_,kind,_,_) = x.chunk(4),y.chunk(4)
    n = min(len(c), len(d))
    pair = torch.cat([c[:n,:,4:24], d[:n,:,4:24]], 2)
    pair = F.pad(F.interpolate(pair[:,None], (20,28), mode='area')[:,0], (0,0,4,4))
    return torch.cat([a.rot90(1, (1,2)), b[~torch.isin(kind, torch.tensor([6,9]))].flip(2), pair])

def random_bend(x, most=2., generator=None):
    "Each image bent by a smooth random field (elastic distortion; Simard, Steinkraus, Platt 2003)"
    n,h,w = x.shape
    field = torch.randn(n, 2, 5, 5, generator=generator)*torch.rand(n, 1, 1, 1, generator=generator)
    field = F.interpolate(field*most*2/w, (h,w), mode='bicubic', align_corners=True)
    grid = F.affine_grid(torch.eye(2,3).expand(n,2,3), (n,1,h,w), align_corners=False)
    grid = grid + field.permute(0,2,3,1)
    return F.grid_sample(x[:,None], grid, align_corners=False)[:,0].clip(0, 1)

def data(n=5000):
    "Training images with the digit of each, -1 for no digit; the same of those that are held out"
    g = torch.Generator().manual_seed(0)
    x,y = load_digits()
    order = torch.randperm(len(x), generator=g)
    (x,held_x),(y,held_y) = (o[order].split([55_000, 5_000]) for o in (x, y))
    some_x,some_y = (torch.cat([o[:n//10], p[:n-n//10]]) for o,p in ((held_x, x), (held_y, y)))
    sets = [(many(drawn_digit, n), torch.arange(n)%10),
            (many(photographed, n, list(some_x.numpy())), some_y),
            (many(drawn_other, n), -1),
            (twisted(x[n:n+8000], y[n:n+8000]), -1),
            (draw_chars(CHARS, FONTS), -1),
            (draw_chars('0123456789', FONTS), torch.arange(10).repeat(len(FONTS)))]
    sets = [(x, torch.as_tensor(y).expand(len(x))) for x,y in sets]
    first = [tuple(o[:len(o)//10] for o in s) for s in sets]
    rest = [tuple(o[len(o)//10:] for o in s) for s in sets]
    def joined(sets): return tuple(map(torch.cat, zip(*sets)))
    return joined([(x, y), *rest*2]), joined([(held_x, held_y), *first])

def plain(file=PACKAGED.parent/'mnist_only.safetensors', seeds=(0,1,2), epochs=5):
    "The network of the lessons, which has seen MNIST alone: the first of three seeds"
    learners = [digit_learner('convnet', seed=seed) for seed in seeds]
    for learn in learners: print(learn.fit(epochs), flush=True)
    reached = [f"{learn.history[-1]['digit_accuracy']:.4f}" for learn in learners]
    learners[0].about |= dict(seeds=' '.join(map(str, seeds)), epochs=epochs,
                              accuracies=' '.join(reached))
    learners[0].save(file)

def hit(logits, targs): return accuracy(logits.argmax(1), targs.argmax(1))

def main(file=PACKAGED, epochs=20, width=32, seed=42, n=5000):
    (x,y),(held_x,held_y) = data(n)
    print(f'{len(x)} images, {(y < 0).sum()} of them without a digit', flush=True)
    g = torch.Generator().manual_seed(seed)
    is_digit = held_y >= 0
    held = Dataset(held_x[is_digit], soft_targets(held_y[is_digit]))
    dls = (DataLoader(Dataset(x, soft_targets(y)), 256, shuffle=True, generator=g, drop_last=True),
           DataLoader(held, 1000))
    move = partial(random_affine, degrees=12., shift=1.5, scale=.12, shear=12.)
    tfms = [random_bend, random_stroke, move, partial(random_blur, sigma=.8),
            partial(random_noise, std=.15)]
    model = digit_model('convnet', generator=g, width=width)
    def opt_func(params, lr): return SGD(params, lr, momentum=.9, weight_decay=5e-4)
    cbs = [Augment(tfms, g), OneCycle()]
    learn = Learner(dls, model, soft_cross_entropy, opt_func, .2, hit, cbs)
    print(learn.fit(epochs), flush=True)
    model.eval()
    with torch.no_grad():
        brought = is_digit & (torch.arange(len(held_x)) >= 5_000)    # drawn or photographed
        temperature = fit_temperature(model(held_x[brought]), held_y[brought])
        for p in model[-1].parameters(): p /= temperature
        valid_x,valid_y = load_digits(split='valid')
        reached = accuracy(torch.cat([model(xb).argmax(1) for xb in valid_x.split(1000)]), valid_y)
        sure = (model(held_x).softmax(1).max(1).values >= .9).float()
    print(f'temperature {temperature:.3f}, accuracy {reached:.4f}, sure of held-out digits '
          f'{sure[is_digit].mean():.3f}, of no digits {sure[~is_digit].mean():.3f}')
    learn.about = dict(arch='convnet', width=width, digits=' '.join(map(str, range(10))), seed=seed,
                       epochs=epochs, temperature=f'{temperature:.3f}', accuracy=f'{reached:.4f}')
    learn.save(file)

if __name__ == '__main__':
    if not sys.argv[1:]: plain()
    main(*sys.argv[1:])
