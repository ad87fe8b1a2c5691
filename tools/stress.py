"""Read what nobody has seen before: digits, letters and signs as people draw and photograph them.

    python tools/stress.py [N]        # reads N (100) images of each case; exit 1 if a bar is missed
    python tools/stress.py sheet FILE # a picture of some images of each case, to look at

Half of the digits are MNIST's validation images, enlarged to look like pen; half are strokes
drawn here. All else is random within what a case's name says. The set knows nothing of how the
library reads, and must stay so. A person can read every digit at a glance."""
import io, sys, tempfile, zlib
from functools import cache, partial
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

# Strokes: points 'xy' on a grid of ten, y downward, joined by smooth lines; ! is a corner
DIGITS = [
    ('40 20 03 06 19 39 56 53 30 20', '51 30 11 04 17 39 58 64 52 31', '30 02 07 39 67 62 30',
     '20 01 06 29 49 67 62 40 20', '30 02 07 39 67 62 30|71 08'),
    ('30 39', '14 40! 49', '13 40! 49|19 69', '12 40! 39'),
    ('02 10 40 52 45 27 09! 69', '11 30 52 44 27 09 08 28 49 69', '03 11 30 51 54 09! 39 68'),
    ('01 20 50 62 44 24! 54 67 49 19 07', '00 60! 34! 55 67 49 19 08',
     '11 30 52 43 34! 55 67 39 08'),
    ('30 05! 65|50 49', '50 06! 66|50 59', '10 15! 65|60 49', '10 14 25 54 60|60 59'),
    ('60 10! 04! 33 55 67 49 19 08', '10 04! 33 55 67 39 08|10 60', '50 20! 14! 43 56 58 39 08'),
    ('50 21 05 18 39 58 56 35 16 07', '40 12 06 18 39 57 45 25 07', '30 04 17 29 58 57 45 24 15'),
    ('00 60! 29', '00 60! 39|14 64', '02 00! 60! 34 29', '01 20 31 60! 35 29|25 55'),
    ('51 30 12 24 45 67 49 29 07 25 43 52 41', '30 11 23 44 56 48 29 07 26 44 53 51 30',
     '30 12 34 52 30 20|34 16 29 48 56 34'),
    ('61 30 02 14 34 61! 69', '61 30 02 14 44 61 65 49 19', '61 40 11 03 25 53 62! 49')]
LETTERS = dict(A='09 30! 69|15 55', C='71 30 04 29 59 68', D='10 19|10 50 74 58 19',
    E='60 00! 09! 69|04 54', F='60 00! 09|04 54', G='61 30 04 29 58 65! 35', H='00 09|60 69|04 64',
    J='30 70|50 57 39 18', K='00 09|60 05! 69', L='00 09! 59', M='09 10! 46! 70! 89',
    N='09 00! 69! 60', P='09 00! 40 62 45 05', Q='30 04 39 64 30 20|46 69',
    R='09 00! 40 62 44 04! 69', T='00 70|40 49', U='00 06 29 49 66 60', V='00 39! 60',
    W='00 29! 44! 69! 80', X='00 69|60 09', Y='00 34! 60|34 39', a='53 32 14 06 29 47 53! 57 69',
    c='53 32 06 29 58', d='54 33 06 29 57|60 69', e='06 65! 53 32 05 29 59', f='60 40 33 39|14 64',
    h='00 09|06 24 45 59', j='43 48 29 08|40', k='00 09|54 16! 59',
    m='04 09|06 24 36 39|36 54 66 69', n='03 09|06 23 45 59', p='03 09|04 33 55 37 06',
    r='03 09|06 24 54', t='30 37 49 68|13 63', u='03 07 29 47 53|53 59', v='03 39! 63',
    w='03 29! 45! 69! 83', x='03 59|53 09', y='00 34|60 19')
LOOKALIKES = {'O': '40 20 03 06 19 39 56 53 30', 'I': '30 39', 'l': '20 27 39 48', 'i': '33 39|30',
    'Z': '00 60! 09! 69', 'S': '61 30 02 24 55 67 39 08', 'B': '09 00! 40 52 34 04! 54 67 49 09',
    'b': '00 09! 59 56 34 06', 'g': '54 32 05 27 55! 53! 57 39 18', 'q': '54 32 05 27 55! 53! 59',
    'z': '03 53! 09! 59', 's': '53 33 14 25 46 57 39 18', 'o': '33 05 18 39 57 54 33',
    '/': '70 09'}
SIGNS = {'+': '41 48|05 85', '-': '05 75', '=': '04 74|06 76', '?': '02 10 40 52 44 35 36|39',
    '!': '30 36|39', '#': '20 19|60 59|03 73|06 76', '&': '79 22 30 42 14 07 29 59 76',
    '%': '70 09|10 02 23 31 10|68 56 47 59 68', '@': '54 33 25 37 56 53! 57 75 52 30 03 07 39 69',
    '*': '41 48|13 76|73 16', '(': '40 22 15 27 49', ')': '20 42 55 47 29', '<': '71 05! 79',
    '>': '01 75! 09', '→': '05 85|52 85! 58', '★': '29 40! 69! 03! 83! 29', '✓': '05 39! 80',
    '☺': '40 11 04 08 39 78 84 71 40|33|63|26 37 57 66', 'scribble': None}
FONTS = [f'DejaVuSans{k}' for k in ('', '-Bold', '-Oblique', 'Mono')] + [
    f'DejaVuSerif{k}' for k in ('', '-Bold', '-Italic')] + [f'STIXGeneral{k}' for k in ('', 'Bol')]
PENS = [(.06, .06, .08), (.1, .15, .5), (.12, .25, .65), (.7, .1, .12), (.3, .3, .3)]

def smooth(points):
    "A Catmull-Rom curve through `points`"
    p = np.concatenate([[2*points[0] - points[1]], points, [2*points[-1] - points[-2]]])
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = np.linspace(0, 1, 12)[:, None, None]
    return (b + t/2*(c-a + t*(2*a-5*b+4*c-d + t*(3*(b-c)+d-a)))).swapaxes(0, 1).reshape(-1, 2)

def curve(rng, stroke):
    "The points of one stroke of an unsteady hand"
    words = stroke.split()
    points = np.array([[int(w[0]), int(w[1])] for w in words]) + rng.normal(0, .17, (len(words), 2))
    ends = [0, *(i for i, w in enumerate(words) if '!' in w), len(words)-1]
    bend = lambda p: np.insert(p, 1, p.mean(0) + rng.normal(0, .12, 2), 0) if len(p)==2 else p
    pieces = [smooth(bend(points[a:b+1])) for a, b in zip(ends, ends[1:]) if b>a]
    return np.concatenate(pieces or [points])

def trace(paths, size, pen):
    "Coverage, 0 to 1, of a picture of `size` by a round pen along `paths`"
    k = 4 if max(size)<500 else 2
    im = Image.new('L', (k*size[0], k*size[1]))
    draw, r = ImageDraw.Draw(im), k*pen/2
    for path in paths:
        path = [tuple(k*p) for p in path]
        draw.line(path, 255, round(2*r))
        for x, y in path: draw.ellipse((x-r, y-r, x+r, y+r), fill=255)
    return np.asarray(im.resize(size, Image.Resampling.BOX), np.float32)/255

def turn(points, degrees):
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return points@np.array([[c, s], [-s, c]])

def sketch(rng, strokes, tall, pen, tilt):
    "Coverage by `strokes`, `tall` pixels high"
    form = np.array([[rng.uniform(.75, 1.2), 0], [-rng.uniform(-.1, .25), 1]])
    paths = [turn(curve(rng, s)@form, tilt) for s in strokes.split('|')]
    low, high = np.concatenate(paths).min(0), np.concatenate(paths).max(0)
    scale = (tall-pen)/max((high-low)[1], .7*(high-low)[0], 1)
    size = np.ceil((high-low)*scale + pen + 1).astype(int)
    return trace([(p-low)*scale + pen/2 + .5 for p in paths], tuple(size.tolist()), pen)

def resize(a, k):
    size = [max(1, round(k*v)) for v in a.shape[::-1]]
    return np.asarray(Image.fromarray(a).resize(size, Image.Resampling.HAMMING)) if k!=1 else a

def enlarge(im, tall, tilt, level=.5):
    "Coverage by a bitmap of ink, enlarged to `tall` pixels with sharp edges"
    k = max(1., float(2*tall/im.height))
    im = im.resize((round(k*im.width), round(k*im.height)), Image.Resampling.BICUBIC)
    im = im.filter(ImageFilter.GaussianBlur(.5*k))
    im = im.rotate(-tilt, Image.Resampling.BICUBIC, expand=True)
    a = np.clip((np.asarray(im, np.float32)/255 - level)*max(.5/level, k/2) + .5, 0, 1)
    rows, cols = [np.flatnonzero(a.max(axis)>.3) for axis in (1, 0)]
    a = a[rows[0]:rows[-1]+1, cols[0]:cols[-1]+1]
    return resize(a, tall/max(a.shape[0], .7*a.shape[1]))

@cache
def mnist(digit):
    from mnist_basics.data import load_digits
    return load_digits([digit], 'valid', raw=True)[0].numpy()

def even(a):
    "An MNIST image with faint strokes as dark as the others"
    most = np.asarray(Image.fromarray(a).filter(ImageFilter.MaxFilter(5)), np.float32)
    return picture(a/most.clip(80))

def typed(rng, sign):
    "A bitmap of `sign` in one of the fonts that come with Matplotlib"
    from matplotlib import get_data_path
    name, im = rng.choice(FONTS) if sign<'~' else 'DejaVuSans', Image.new('L', (160, 160))
    font = ImageFont.truetype(f'{get_data_path()}/fonts/ttf/{name}.ttf', 80)
    ImageDraw.Draw(im).text((40, 30), sign, 255, font)
    return im

def ink(rng, kind, digit, tall, pen=None, tilt=None):
    "Coverage by what `kind` names, `tall` pixels high, by a pen of `pen` pixels if that is given"
    tilt = rng.uniform(-4, 4) if tilt is None else tilt
    bitmap = rng.random()<.5 and (not pen or .09 < pen/tall < .18)
    pen = pen or max(1.3, tall*rng.uniform(.05, .15))
    if kind=='empty': return np.zeros((round(tall), round(.6*tall)), np.float32)
    if kind=='digit':
        if not bitmap: return sketch(rng, str(rng.choice(DIGITS[digit])), tall, pen, tilt)
        return enlarge(even(rng.choice(mnist(digit))), tall, tilt, rng.uniform(.25, .45))
    shapes = {'letters': LETTERS, 'look-alikes': LOOKALIKES, 'signs': SIGNS}[kind]
    name = str(rng.choice([*shapes]))
    if bitmap and len(name)==1: return enlarge(typed(rng, name), tall, tilt)
    scribble = ' '.join(f'{a}{b}' for a, b in rng.integers(10, size=(rng.integers(9, 16), 2)))
    return sketch(rng, shapes[name] or scribble, tall, pen, tilt)

def log(rng, low, high): return float(np.exp(rng.uniform(np.log(low), np.log(high))))

def cloud(rng, w, h, cells=(4, 4)):
    "Smooth noise, [h w 1]"
    im = Image.fromarray(rng.normal(size=cells).astype(np.float32))
    return np.asarray(im.resize((w, h), Image.Resampling.BICUBIC))[..., None]

def gradient(rng, x, y, middle, tall):
    "Light that fades by up to 60%, to one side or around a lamp"
    a, lamp = rng.uniform(0, 2*np.pi), rng.uniform(0, 1, 2)*x.shape[::-1]
    flat = rng.random()<.5
    t = x*np.cos(a) + y*np.sin(a) if flat else np.hypot(x-lamp[0], y-lamp[1])
    return 1 - rng.uniform(.25, .6)*(t-t.min())/np.ptp(t)

def shadow(rng, x, y, middle, tall):
    "The hard edge of a shadow, or a corner of one, across the digit or near it"
    a, soft = rng.uniform(0, 2*np.pi), max(x.shape)*log(rng, .001, .015)
    (p, q), b = middle + rng.uniform(-.4, .4, 2)*tall, a + rng.uniform(.6, 1.6)*(rng.random()<.4)
    edge = lambda a: np.clip(((x-p)*np.cos(a) + (y-q)*np.sin(a))/soft + .5, 0, 1)
    return 1 - rng.uniform(.25, .6)*edge(a)*edge(b)

def boxes(rng, corner, size, w, h):
    "A form's box around the digit, or a row of them, sometimes touched: paths, thickness, strength"
    touch = rng.random(4)<.08
    pad = np.where(touch, rng.uniform(-.05, .02, 4), rng.uniform(.08, .4, 4))*size[1]
    pad[[0, 2]] += max(0, .6*size[1] - size[0])/2
    a, b = corner - pad[:2], corner + size + pad[2:]
    step = b[0]-a[0] + rng.choice([0, .15*size[1]])
    row = range(-3, 4) if rng.random()<.35 else [0]
    paths = [np.array([a, (b[0], a[1]), b, (a[0], b[1]), a]) + (i*step, 0) for i in row]
    return paths, rng.uniform(.02, .05)*size[1], rng.uniform(.4, .9)

def rules(rng, corner, size, w, h, square=False):
    "The lines of ruled or squared paper: paths, thickness, strength"
    gap = rng.uniform(12, 30) if square else size[1]*rng.uniform(.45, 1.5)
    ats = np.arange(rng.uniform(0, gap)-w-h, 2*(w+h), gap)
    paths = [np.array([(-w-h, v), (2*(w+h), v)]) for v in ats]
    if square: paths += [p[:, ::-1] for p in paths]
    return paths, rng.uniform(1, 1.5 + gap/60), rng.uniform(.15, .45)

def desk(rng, frame, x, y, img):
    "`img` as paper that covers 40% to 85% of the frame, on a darker table; its size and its middle"
    room = frame*np.sqrt(rng.uniform(.4, .85))*log(rng, .9, 1.1)**np.array([1, -1])
    room = room.clip(0, .97*frame)
    middle = frame/2 + rng.uniform(-.5, .5, 2)*(frame-room)
    away = abs(turn(np.stack([x, y], -1) - middle, rng.uniform(-7, 7)))
    cover = np.clip((room/2 - away).min(-1, keepdims=True) + .5, 0, 1)
    table = rng.choice([(.45, .3, .18), (.3, .3, .32), (.2, .12, .08), (.15, .2, .3)])
    grain = 1 + .1*cloud(rng, *frame, (40, 3) if rng.random()<.6 else (3, 3))
    return img*cover + table*rng.uniform(.6, 1.1)*grain*(1-cover), room, middle

def scene(rng, ink, side=(120, 800), share=(.4, .75), pen=None, tilt=None, dark=.06, noise=.03,
    far=.3, blur=.008, light=None, lines=None, sheet=False, gray=False, clean=False):
    "What `ink` draws, on paper, as a camera or a scanner sees it"
    w = round(log(rng, *side))
    h = round(np.clip(w*rng.uniform(.8, 1.25), *side))
    frame, (y, x) = np.array([w, h]), np.mgrid[:h, :w].astype(np.float32)
    paper, color = rng.uniform(.78, 1) + rng.uniform(-.04, .04, 3), rng.choice(PENS)
    if gray: paper = np.full(3, rng.uniform(.55, .95)); color = paper - rng.uniform(.35, .55)
    if clean: paper = np.ones(3)
    if rng.random()<dark:
        paper = rng.choice([(.05, .05, .06), (.1, .2, .15), (.08, .1, .2)])*rng.uniform(.5, 1.5)
        color = rng.uniform(.75, .95) + rng.uniform(-.05, .05, 3)
    room, middle, img = frame, frame/2, paper*(1 + (not clean)*.015*cloud(rng, w, h))
    if sheet: img, room, middle = desk(rng, frame, x, y, img)
    spot = ink(tall=max(9, rng.uniform(*share)*room.min()), pen=pen, tilt=tilt)
    spot = resize(spot, min(1, .95*w/spot.shape[1], .95*h/len(spot)))
    size = np.array(spot.shape[::-1])
    corner = middle - size/2 + far*rng.uniform(-.5, .5, 2)*(room-size)
    left, top = corner = corner.astype(int).clip(0, frame-size)
    full = np.pad(spot, [(top, h-top-size[1]), (left, w-left-size[0])])*rng.uniform(.85, 1)
    if lines:
        paths, thick, strength = lines(rng, corner, size, w, h)
        angle, tint = rng.uniform(-2, 2), rng.choice([color, [.2, .3, .6], [.3, .3, .3]])
        grid = trace([turn(p-frame/2, angle) + frame/2 for p in paths], (w, h), max(1, thick))
        img = img + (strength*grid)[..., None]*((tint if paper.mean()>.5 else color) - img)
    img = (img + full[..., None]*(color-img)).astype(np.float32)
    if light: img = img*light(rng, x, y, corner + size/2, size[1])[..., None]
    soft = ImageFilter.GaussianBlur(float(rng.uniform(0, blur)*size[1]))
    img = np.asarray(picture(img).filter(soft), np.float32)/255
    out = picture(img + noise*rng.uniform(.2, 1)*rng.standard_normal((h, w, 1), np.float32))
    return out.convert('L') if gray else out

def picture(img): return Image.fromarray((255*img.clip(0, 1)).astype(np.uint8))

def pens(rng, ink):
    "A pen of 1 to 10 pixels in a picture of 57 to 640"
    side = log(rng, 57, 640)
    pen = min(log(rng, 1, 10), .09*side)
    return scene(rng, ink, (side, side), (.5, .8), pen, noise=.01, blur=0)

def jpeg(im, **kw):
    im.save(data := io.BytesIO(), 'JPEG', **kw)
    return Image.open(data)

def formats(rng, ink):
    "Files of other kinds: transparent, 16 bits, palette, black and white, a JPEG on its side"
    gray = scene(rng, ink, (28, 640), clean=True, noise=0, dark=0, blur=0).convert('L')
    deep, clear = np.asarray(gray).astype(np.uint16)*257, Image.new('RGBA', gray.size)
    clear.putalpha(ImageOps.invert(gray))
    exif = Image.Exif()
    exif[274] = 6
    kinds = [clear, clear.convert('LA'), Image.fromarray(deep), gray.quantize(16),
        gray.point(lambda v: 255*(v>140), '1'), jpeg(gray.rotate(90, expand=True), exif=exif)]
    return kinds[rng.integers(len(kinds))]

def case(**kw): return partial(scene, **kw)
CASES = {'plain': case(side=(28, 1200)),
    'small and gray': case(side=(28, 64), share=(.6, .85), gray=True, noise=.06, far=.8),
    'uneven light': case(light=gradient), 'hard shadow': case(light=shadow),
    'sheet on a table': case(sheet=True, side=(200, 1000), share=(.3, .65), dark=0),
    'form box': case(lines=boxes, side=(80, 800), share=(.35, .6)),
    'ruled paper': case(lines=rules),
    'squared paper': case(lines=partial(rules, square=True), side=(200, 640)),
    'small, off center': case(side=(200, 1200), share=(.08, .25), far=.95), 'pens': pens,
    'rotated': lambda rng, ink: scene(rng, ink, tilt=rng.uniform(-15, 15)),
    'JPEG 40': lambda rng, ink: jpeg(scene(rng, ink, (57, 640)), quality=40),
    'light on dark': case(side=(57, 800), dark=1), 'formats': formats}
OTHERS = ['letters', 'signs', 'empty', 'look-alikes']  # in the setting of any case

def images(case, n, seed=0):
    "`n` images of a case, each with its digit, or with None if it shows no digit"
    for i in range(n):
        rng = np.random.default_rng([seed, zlib.crc32(case.encode()), i])
        kind, label = (case, None) if case in OTHERS else ('digit', i%10)
        setting = str(rng.choice([*CASES])) if case in OTHERS else case
        yield CASES[setting](rng, partial(ink, rng, kind, label)), label

def contact(file, names=(*CASES, *OTHERS), columns=20, cell=96, seed=0):
    "A picture with a row of images of each case"
    page = Image.new('RGB', (columns*cell, len(names)*cell), 'pink')
    for r, name in enumerate(names):
        for c, (im, _) in enumerate(images(name, columns, seed)):
            if im.mode=='I;16': im = picture(np.asarray(im)/65535)
            im = ImageOps.exif_transpose(im).convert('RGBA')
            im = Image.alpha_composite(Image.new('RGBA', im.size, 'white'), im)
            im.thumbnail((cell-2, cell-2))
            page.paste(im, (c*cell+1, r*cell+1))
    page.save(file)

def read(name, n, seed=0):
    "What the library answers for each image of a case: right, sure, refused, probability"
    from mnist_basics.predict import predict_files
    with tempfile.TemporaryDirectory() as folder:
        files, labels = [], []
        for i, (im, label) in enumerate(images(name, n, seed)):
            photo = im.format=='JPEG' or i%2 and im.mode=='RGB'
            files.append(f'{folder}/{i}.{"jpg" if photo else "png"}')
            im.save(files[-1], quality='keep' if im.format=='JPEG' else 90, exif=im.getexif())
            labels.append(label)
        return [(a.get('digit')==label is not None, not a.get('unsure', True), 'error' in a,
            a.get('probability', 0)) for a, label in zip(predict_files(files), labels)]

def count(answers):
    "How many: all, right, sure and right, sure and wrong, unsure, refused"
    right, sure, refused = np.array(answers)[:, :3].T.astype(bool)
    each = right | True, right, sure & right, sure & ~right, ~sure & ~refused, refused
    return [int(v.sum()) for v in each]

def main(n):
    def show(name, cells): print(f'{name:19}' + ''.join(f'{c:>12}' for c in cells), flush=True)
    show('', ['n', 'right', 'sure, right', 'sure, wrong', 'unsure', 'refused'])
    answers, missed = {}, []
    for name in [*CASES, *OTHERS]:
        answers[name] = read(name, n)
        show(name, count(answers[name]))
    digits = [a for name in CASES for a in answers[name]]
    total = count(digits)
    show('all digits', total)
    show('', [f'{v/total[0]:.4f}' for v in total])
    high = [right for right, _, _, p in digits if p>=.9]
    print(f'{np.mean(high):.4f} of {len(high)} answers with a probability of .9 or more are right')
    low = [name for name in CASES if count(answers[name])[1]<.75*n]
    misread = [name for name in OTHERS[:3] if count(answers[name])[3]>.1*n]
    if low: missed.append(f'under .75 right: {", ".join(low)}')
    if total[1]<.93*total[0]: missed.append('all digits: under .93 right')
    if total[3]>.01*total[0]: missed.append('all digits: over .01 surely wrong')
    if misread: missed.append(f'over .10 called a digit surely: {", ".join(misread)}')
    sys.exit('\n'.join(missed) or 0)

if __name__ == '__main__':
    if sys.argv[1:2]==['sheet'] and len(sys.argv)==3: contact(sys.argv[2])
    elif len(sys.argv)<=2 and all(a.isdigit() for a in sys.argv[1:]): main(int([*sys.argv, 100][1]))
    else: sys.exit(__doc__)
