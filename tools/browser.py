"""The pad of mnist_basics in Chromium, alone and in JupyterLab: python tools/browser.py [folder]

Alone: its script with a model that only counts messages. In JupyterLab: a 3, a 7 and a scribble are
drawn, and the answers read; pictures of that go into `folder`, if it is named. Needs playwright,
anywidget and Chromium, and says so where they are missing."""
import json, nbformat, os, shutil, socket, subprocess, sys, tempfile
from importlib.util import find_spec
from nbformat.v4 import new_code_cell, new_notebook
from mnist_basics.command import packaged
from mnist_basics.pad import pad_answer, stored_strokes

script = packaged('pad.js').read_text(encoding='utf-8')
files = {'pad.js': script, '': """<!doctype html><body><script type="module">
import pad from './pad.js';
window.model = {values: {strokes: [], width: .09, answer: ANSWER}, sent: 0, heard: {},
  get(name) { return this.values[name]; }, save_changes() { this.sent += 1; },
  set(name, x) { this.values[name] = x; for (const f of this.heard[`change:${name}`]) f(); },
  on(name, f) { (this.heard[name] ??= []).push(f); },
  off(name, f) { this.heard[name] = this.heard[name].filter(g => g !== f); }};
window.leave = pad.render({model, el: document.body});</script>"""}
files[''] = files[''].replace('ANSWER', json.dumps(pad_answer([])))

def point(page, x, y):   # of the pad, on the page
    box = page.locator('canvas').bounding_box()
    return box['x']+1+x*(box['width']-2), box['y']+1+y*(box['height']-2)

def draw(page, strokes):
    for first,*rest in strokes:
        page.mouse.move(*point(page, *first))
        page.mouse.down()
        for x,y in rest: page.mouse.move(*point(page, x, y), steps=2)
        page.mouse.up()

def alone(browser, width, ratio):
    "The script without Python, in a window of some width, on a screen of `ratio` pixels for one"
    page = browser.new_page(viewport=dict(width=width, height=900), device_scale_factor=ratio,
                            has_touch=True)
    asked,errors = [],[]
    def serve(route):
        asked.append(name := route.request.url.removeprefix('http://pad.test/'))
        kind = 'text/javascript' if name == 'pad.js' else 'text/html'
        route.fulfill(body=files.get(name, ''), content_type=f'{kind}; charset=utf-8')
    page.on('pageerror', lambda error: errors.append(error))
    page.route(lambda url: not url.startswith('data:'), serve)
    page.goto('http://pad.test/')
    page.wait_for_selector('canvas')
    def ink(*at):   # how much is on the pad, 0 to 255
        get = '(c,[x,y]) => c.getContext("2d").getImageData(x*c.width, y*c.width, 1, 1).data[3]'
        return page.locator('canvas').evaluate(get, at)
    def check(sent, *strokes):   # so many messages so far, and these are on the pad
        n,got = page.evaluate('[model.sent, model.get("strokes")]')
        assert n == sent and json.dumps(got) == json.dumps(strokes), (n, got)
    def touch(kind, *points):
        places = [dict(zip('xy', point(page, *p)), id=i) for i,p in enumerate(points)]
        finger.send('Input.dispatchTouchEvent', dict(type=f'touch{kind}', touchPoints=places))
    line,finger = [[.2,.3], [.5,.3], [.8,.3]], page.context.new_cdp_session(page)
    sizes = 'c => [c.width, c.clientWidth, document.body.scrollWidth]'
    own,css,most = page.locator('canvas').evaluate(sizes)
    assert own == ratio*css >= ratio*min(250, width-80) and most <= width, (own, css, most)
    draw(page, [line[::2]])
    check(1, line)
    assert ink(.5, .3) == 255 and ink(.5, .34) > 0 == ink(.5, .4)
    assert page.locator('.waiting').count() == 1          # what stands there belongs to no stroke
    page.evaluate('model.set("answer", {...model.get("answer"), strokes: model.get("strokes")})')
    assert page.locator('.waiting').count() == 0
    for kind,*at in (('Start', [.5,.4]), ('Move', [.5,.6]), ('Start', [.5,.6], [.2,.9]),
                     ('Move', [.5,1.1], [.3,.9]), ('End',)): touch(kind, *at)
    check(2, line, away := [[.5,.4], [.5,.6], [.5,1.1]])  # the second finger draws nothing
    assert ink(.25, .9) == 0 and page.evaluate('scrollY') == 0
    touch('Start', [.2,.8])
    touch('Cancel')                                       # taken away by the system: not meant
    page.mouse.click(*point(page, .2, .8), button='right')
    check(2, line, away)
    page.mouse.click(*point(page, .8, .8))                # a dot is a stroke, too
    check(3, line, away, [[.8,.8]])
    assert ink(.8, .8) == 255 and ink(.2, .8) == 0
    for key in ('Tab', 'Enter'): page.keyboard.press(key) # the only button, reached by key
    check(4)
    draw(page, [[[.5,.3], [.5,1.2]]])                     # the mouse may leave it, too
    check(5, [[.5,.3], [.5,.75], [.5,1.2]])
    page.get_by_role('button', name='Clear').click()
    check(6)
    assert ink(.5, .3) == 0 and page.evaluate('leave() ?? Object.values(model.heard).flat()') == []
    assert not errors and {*asked} <= {'', 'pad.js', 'favicon.ico'}, (errors, asked)
    page.close()

def in_lab(browser, tmp, pictures):
    "A 3, a 7 and a scribble drawn in JupyterLab; what the pad says, and what the kernel"
    make = 'from mnist_basics.pad import draw_pad\npad = draw_pad()\npad'
    cells = [new_code_cell(src) for src in (make, 'print("kernel:", pad.seen.text)')]
    kernel = dict(kernelspec=dict(name='python3', display_name='Python 3'))
    nbformat.write(new_notebook(cells=cells, metadata=kernel), f'{tmp}/draw.ipynb')
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    env = os.environ | {f'JUPYTER_{k}_DIR': f'{tmp}/.{k}' for k in ('CONFIG', 'DATA', 'RUNTIME')}
    words = ('--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}', '--LabApp.'
             'check_for_updates_class=jupyterlab.NeverCheckForUpdate', '--IdentityProvider.token=',
             f'--ServerApp.root_dir={tmp}')
    lab = subprocess.Popen([sys.executable, '-m', 'jupyterlab', *words], stderr=subprocess.DEVNULL,
                           env=env | dict(IPYTHONDIR=f'{tmp}/.ipython'))
    try:
        page = browser.new_page(viewport=dict(width=1200, height=900))
        page.set_default_timeout(60_000)
        for _ in range(200):
            try: page.goto(f'http://127.0.0.1:{port}/lab/tree/draw.ipynb'); break
            except Exception: page.wait_for_timeout(300)   # it isn't up yet
        page.get_by_text('| Idle').wait_for()
        for _ in range(120):   # a cell that runs while the kernel comes up can be forgotten
            told = page.locator('.jp-InputPrompt').first.inner_text().strip('[]: ')
            if told.isdigit(): break
            if told != '*':
                page.locator('.cm-content').first.click()
                page.keyboard.press('Control+Enter')
            page.wait_for_timeout(1000)
        blank = page.locator('.right:not(.waiting) .answer', has_text='Draw a digit')
        blank.wait_for(timeout=60_000)
        for name,said in (('3', '3'), ('7', '7'), ('scribble', 'unsure, perhaps')):
            draw(page, stored_strokes(name))
            page.locator('.right:not(.waiting) .answer', has_text=said).wait_for()
            if pictures: page.screenshot(path=f'{pictures}/lab-{name}.png')
            page.locator('.jp-Cell').nth(1).locator('.cm-content').click()
            page.keyboard.press('Control+Enter')
            page.get_by_text(f'kernel: {said}').wait_for()
            page.get_by_role('button', name='Clear', exact=True).click()
            blank.wait_for()
    finally:
        lab.terminate()   # which ends its kernels, too
        lab.wait(60)

def main(pictures=None):
    chromium = shutil.which('chromium') or shutil.which('chromium-browser')
    missing = [name for name in ('playwright', 'anywidget') if not find_spec(name)]
    if missing or not chromium: return print('skipped: no', ', no '.join(missing or ['Chromium']))
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        for width,ratio in ((1000,1), (1000,2), (300,2)): alone(browser, width, ratio)
        with tempfile.TemporaryDirectory() as tmp: in_lab(browser, tmp, pictures)
    print('ok: the pad alone and in JupyterLab')

if __name__ == '__main__': main(*sys.argv[1:])
