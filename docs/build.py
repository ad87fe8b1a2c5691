"""Build the site, both editions, without the network: python docs/build.py [FOLDER]

A page is a notebook of `nbs`, or for the Korean edition that of `nbs/_ko` if it is there. Warnings
of Sphinx are errors, and so is an address from which a page would load something."""
import re, shutil, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pages import korean, nbs, root

docs = root/'docs'
start = '''<!doctype html>
<html lang="en"><meta charset="utf-8"><title>mnist_basics</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<script>
location.replace((navigator.language || '').startsWith('ko') ? 'ko/index.html' : 'en/index.html')
</script>
<noscript><meta http-equiv="refresh" content="0; url=en/index.html"></noscript>
<h1>mnist_basics</h1>
<p><a href="en/index.html">English</a> · <a href="ko/index.html" lang="ko">한국어</a></p>
</html>
'''

def stage(edition, folder):
    "Lay out the notebooks of an edition in `folder`"
    for page in sorted(nbs.rglob('*.ipynb')):
        name = page.relative_to(nbs)
        if page.is_relative_to(korean) or any(part[0] in '._' for part in name.parts): continue
        (folder/name).parent.mkdir(parents=True, exist_ok=True)
        made = korean/name
        shutil.copy(made if edition == 'ko' and made.exists() else page, folder/name)
    shutil.copytree(docs/'locale', folder/'_locale')

def build(edition, site):
    "One edition, in a process of its own; the exit code"
    with tempfile.TemporaryDirectory() as tmp:
        stage(edition, source := Path(tmp).resolve()/edition)
        cmd = [sys.executable, '-m', 'sphinx', '-b', 'html', '-q', '-W', '--keep-going',
               '-c', docs, '-d', f'{tmp}/doctrees', '-t', edition, source, f'{tmp}/made']
        code = subprocess.run([str(word) for word in cmd]).returncode
        if (made := Path(tmp)/'made').exists(): shutil.copytree(made, site/edition)
        return code

def loads(site):
    "What a page or a style sheet would load from elsewhere"
    tag = r'<(?:script|img|iframe|source|link(?![^>]*rel="(?:canonical|alternate)"))\b[^>]*'
    page = re.compile(tag + r'\b(?:src|href)="(?:https?:)?//[^"]*"')
    style = re.compile(r'(?:@import|url\()\s*["\']?(?:https?:)?//[^)"\']*')
    for fn in sorted(site.rglob('*.*')):
        wanted = {'.html': page, '.css': style}.get(fn.suffix)
        if wanted:
            for found in wanted.findall(fn.read_text(encoding='utf-8')):
                yield f'{fn.relative_to(site)}: {found}'

def main(site):
    began = time.monotonic()
    shutil.rmtree(site, ignore_errors=True)
    with ThreadPoolExecutor(2) as ex: codes = list(ex.map(build, ('en', 'ko'), (site, site)))
    (site/'index.html').write_text(start, encoding='utf-8')
    remote = list(loads(site))
    print(*remote, sep='\n', end='\n'*bool(remote))
    files = [fn for fn in site.rglob('*') if fn.is_file()]
    size = sum(fn.stat().st_size for fn in files) / 1e6
    pages = sum(fn.suffix == '.html' for fn in files)
    print(f'{site}: {pages} pages, {size:.0f} MB, {time.monotonic()-began:.0f} s')
    return bool(any(codes) or remote)

if __name__ == '__main__': sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else root/'_site')))
