"""The site in a browser: python docs/browser.py [FOLDER] [PICTURES]

Every page: nothing in the console, no request that leaves the site, no picture without a text,
nothing wider than a phone's screen. On a page of each kind, in light and dark, axe-core finds
nothing serious. Words are found, in both languages; the other edition opens the same page.
Needs Chromium: where there is none it says so and ends well."""
import functools, http.server, os, shutil, sys, threading
from pathlib import Path

chromium = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('google-chrome')
judged = ['index', '05_loss', 'api/learner', 'search']
words = {'en': ['broadcasting', 'bias', 'loss', 'gradient', 'mnist_loss'],
         'ko': ['편향', '손실', '기울기', '값', '손실 함수', 'broadcasting', 'mnist_loss']}
desk,phone = dict(width=1280, height=900), dict(width=390, height=844)

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

def serve(site):
    "The address at which `site` is served, to this machine only"
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}'

def opened(page, home, pages):
    "What is wrong with each page, as it opens"
    heard = []
    def asked(request):
        if not request.url.startswith((home, 'data:', 'blob:')): heard.append(f'asks {request.url}')
    page.on('console', lambda m: heard.append(m.text) if m.type in ('error', 'warning') else None)
    page.on('pageerror', lambda e: heard.append(str(e)))
    page.on('request', asked)
    page.on('response', lambda r: heard.append(f'{r.status} {r.url}') if r.status > 399 else None)
    for name in pages:
        page.set_viewport_size(desk)
        page.goto(f'{home}/{name}.html')
        page.set_viewport_size(phone)
        wide,bare,levels = page.evaluate("""[
            document.documentElement.scrollWidth - innerWidth,
            [...document.querySelectorAll('article img')].filter(i => !i.alt.trim()).length,
            [...document.querySelectorAll('article :is(h1,h2,h3,h4)')].map(h => +h.tagName[1])]""")
        if wide > 0: heard.append(f'{wide} pixels too wide')
        if bare: heard.append(f'{bare} pictures without a text')
        if levels[:1] not in ([1], []) or any(b > a+1 for a,b in zip(levels, levels[1:])):
            heard.append(f'headings of the levels {levels}')
        yield from (f'{name}: {what}' for what in heard)
        heard.clear()

def axe(page, home, pages):
    "What axe-core calls serious or critical"
    from axe_playwright_python.sync_playwright import Axe
    for name in pages:
        page.goto(f'{home}/{name}.html' + '?q=loss'*name.endswith('search'))
        page.wait_for_timeout(300)
        for v in Axe().run(page).response['violations']:
            if v['impact'] in ('serious', 'critical'):
                yield f"{name}: {v['id']}: {v['nodes'][0]['html'][:150]}, {len(v['nodes'])} times"

def found(page, home):
    "Words that the search does not find, editions that do not open each other's pages"
    for edition,asked in words.items():
        for word in asked:
            page.goto(f'{home}/{edition}/search.html?q={word}')
            try: page.wait_for_selector('#search-results li a', timeout=5000)
            except Exception: yield f'{edition}: {word} is not found'
    for here,there in (('en', 'ko'), ('ko', 'en')):
        page.goto(f'{home}/{here}/05_loss.html#cell-07f53e09')
        page.click('a.edition')
        if not page.url.endswith(f'/{there}/05_loss.html#cell-07f53e09'): yield page.url

def shoot(page, home, pages, folder):
    "Pictures of pages, for eyes"
    for look,size in dict(light=desk, dark=desk, phone=phone).items():
        page.set_viewport_size(size)
        page.emulate_media(color_scheme='dark' if look == 'dark' else 'light')
        for name in pages:
            page.goto(f'{home}/{name}.html' + '?q=기울기'*name.endswith('search'))
            page.wait_for_timeout(700)
            page.screenshot(path=f"{folder}/{look}-{name.replace('/', '-')}.png")

def main(site, pictures=None):
    if not chromium: return print('no Chromium here: the site was not opened')
    from playwright.sync_api import sync_playwright
    home,wrong = serve(site),[]
    pages = sorted(p.relative_to(site).with_suffix('').as_posix() for p in site.glob('*/**/*.html'))
    kinds = [f'{edition}/{name}' for edition in words for name in judged]
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        page = browser.new_page()
        wrong += opened(page, home, pages)
        page.set_viewport_size(desk)
        for scheme in ('light', 'dark'):
            page.emulate_media(color_scheme=scheme)
            wrong += [f'{scheme}: {what}' for what in axe(page, home, kinds)]
        wrong += found(page, home)
        if pictures: shoot(page, home, kinds, pictures)
        browser.close()
    print(*wrong or [f'{len(pages)} pages: ok'], sep='\n')
    return bool(wrong)

if __name__ == '__main__':
    root = Path(__file__).resolve().parent.parent
    sys.exit(main(*map(Path, sys.argv[1:]) if len(sys.argv) > 1 else [root/'_site']))
