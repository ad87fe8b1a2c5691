"""The Korean edition: python tools/i18n.py extract|compose|check [NAME ...]
extract: a block of Markdown in nbs/NAME.ipynb is an entry of i18n/ko/NAME.po, under its cell's id;
one whose words change becomes fuzzy, the old text behind '#|'. compose: nbs/_ko/NAME.ipynb of both,
and of NAME 'messages', what exercises say, a .mo for gettext. check: a line for each failure."""
import csv, io, json, re, sys
from collections import Counter
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po, write_po

root = Path(__file__).resolve().parent.parent
pos,kos,locale = root/'i18n'/'ko', root/'nbs'/'_ko', root/'mnist_basics'/'locale'
fields = 'Language: ko\nContent-Type: text/plain; charset=utf-8\n'
note = '*이 글은 [영어판]({})을 옮긴 한국어판입니다. 코드와 실행 결과는 영어판과 같습니다.*'
speak = "import os; os.environ['MNIST_BASICS_LANG'] = 'ko' # 채점 결과와 힌트를 한국어로 봅니다"
fence = r'(?ms:^[ \t>]*(?P<fence>`{3,}|~{3,}).*?^[ \t>]*(?P=fence)[ \t]*$)'
code = fence + r'|(?P<tick>`+)(?!`)(?s:.+?)(?<!`)(?P=tick)(?!`)|<code>(?s:.*?)</code>'
link = r'(?<=\]\()[^()\s]+(?=[\s)])|(?<=\bsrc=")[^"]+|(?<=\bhref=")[^"]+'
kinds = dict(code=code, formula=r'(?s:\$\$.+?\$\$)|\$[^$]+?\$', link=link + r'|https?://[^\s<>)]+',
             tag=r'</?[a-zA-Z][^<>]*>', field=r'\{[^{}]*\}', mark=r'(?m:^ *(?:#{1,6} |[-*] |\|))',
             blank=r'\n[ \t]*(?=\n)', number=r'[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?|\.[0-9]+')
words = {word: str(n) for n,word in enumerate('zero one two three four five six seven eight nine '
         'ten eleven twelve'.split())} | dict(once='1', first='1', twice='2', second='2', both='2',
         third='3 1', quarter='4 1', fifth='5 1', tenth='10 1', hundred='100', hundredth='100 1')
class Messages(list): charset = 'utf-8' # what write_mo needs of a catalog, without its dates

def names():
    "The notebooks of the edition, as paths below nbs without their ending"
    found = [p for pattern in ('*.ipynb', 'practice/*.ipynb') for p in (root/'nbs').glob(pattern)]
    return sorted(p.relative_to(root/'nbs').with_suffix('').as_posix() for p in found)
def english(name): return json.loads((root/'nbs'/f'{name}.ipynb').read_text(encoding='utf-8'))

def split(source):
    "Blocks of Markdown and the blank lines between them, in turn; joined they are `source` again"
    hidden = re.sub(fence, lambda m: m[0].replace('\n', '\0'), source)
    return [part.replace('\0', '\n') for part in re.split(r'(\n(?:[ \t]*\n)+)', hidden)]

def taken(block):
    "What must be the same in both languages, counted by kind, and the prose that is left"
    found = {}
    for kind,pattern in kinds.items():
        found[kind] = Counter(' '.join(m[0].split()) for m in re.finditer(pattern, block))
        block = re.sub(pattern, '\0', block)
    return found, ' '.join(block.split())

def entries(name):
    "(cell id, block) of all that has words to translate, outside of code, formulas and tags"
    if name == 'messages':
        from mnist_basics.practice.core import texts
        return [(None, said) for said in texts()]
    every = [(c['id'], block) for c in english(name)['cells'] if c['cell_type'] == 'markdown'
             for block in split(''.join(c['source']))[::2]]
    return [e for e in every if re.search(r'[^\W\d_]', taken(e[1])[1])]

def catalog(name):
    "The translations of `name`, as Babel's catalog"
    po = pos/f'{name}.po'
    return read_po(io.BytesIO(po.read_bytes() if po.exists() else b''), 'ko', abort_invalid=True)

def extract(name):
    "Merge the English of today into i18n/ko/NAME.po"
    cat,template,out = catalog(name),Catalog(),io.BytesIO()
    for cell,block in entries(name): template.add(block, context=cell)
    cat.update(template)
    cat.obsolete = {key: m for key,m in cat.obsolete.items() if m.string}
    for m in cat:
        was,old = ''.join(m.previous_id), [c for c in m.user_comments if c[:1] == '|' and m.fuzzy]
        if was.split() == m.id.split() and not old and '```' not in was: m.flags.clear()
        elif was: old = [f'| {line}' for line in f'msgid {normalize(was, width=0)}'.splitlines()]
        own = [c for c in m.user_comments if c[:1] != '|']
        m.flags,m.user_comments = m.flags & {'fuzzy'}, own + [*dict.fromkeys(old)]
    write_po(out, cat, width=200, omit_header=True)
    text = f'msgid ""\nmsgstr {normalize(fields, width=0)}\n\n{out.getvalue().decode()}'
    return pos/f'{name}.po', text.replace('\n# | ', '\n#| ').encode()

def relink(source, name):
    "The addresses in `source` as seen from nbs/_ko, whose notebooks lie to each other as in nbs"
    def one(m):
        target = normpath(join(dirname(f'nbs/{name}'), m[0]))
        kept = m['fence'] or m['tick'] or re.match(r'\w+:|#|<code', m[0])
        if kept or re.fullmatch(r'nbs/(practice/)?[^/]+\.ipynb(#.*)?', target): return m[0]
        return relpath(target, dirname(f'nbs/_ko/{name}'))
    return re.sub(f'{code}|{link}', one, source).replace('ipynb#Questions', 'ipynb#확인-문제')

def compose(name):
    "The Korean notebook: code as it is, each translated block in the place of its English"
    if name == 'messages':
        write_mo(out := io.BytesIO(), Messages([Message('', fields), *list(catalog(name))[1:]]))
        return locale/'ko'/'LC_MESSAGES'/'mnist_basics.mo', out.getvalue()
    nb,cat = english(name),catalog(name)
    for c in nb['cells']:
        if c['cell_type'] != 'markdown': continue
        found = [(part, cat.get(part, c['id'])) for part in split(''.join(c['source']))]
        source = ''.join(m.string if m and m.string and not m.fuzzy else part for part,m in found)
        c['source'] = relink(source, name).splitlines(keepends=True)
    page = note.format(relpath(f'nbs/{name}.ipynb', dirname(f'nbs/_ko/{name}')))
    nb['cells'].insert(1, dict(cell_type='markdown', id='edition', metadata={}, source=[page]))
    if '/' in name: nb['cells'].insert(2, dict(cell_type='code', id='language', source=[speak],
                                               metadata={}, outputs=[], execution_count=None))
    text = json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False) + '\n'
    return kos/f'{name}.ipynb', text.encode()

def differs(m, terms):
    "What a translation doesn't share with its English; a number word may become a number"
    (was,en),(now,ko) = taken(m.id),taken(m.string)
    said = ' '.join(words.get(word, '') for word in re.findall('[a-z]+', en.lower())).split()
    now['number'] -= (now['number'] - was['number']) & Counter(said)
    for kind in kinds:
        less,more = was[kind]-now[kind],now[kind]-was[kind]
        if less or more: yield f'{kind}: expected {[*less.elements()]}, got {[*more.elements()]}'
    bold = re.findall(r'\*\*.+?\*\*\w?', m.string)
    yield from (f'bold: does not end in {b}' for b in bold if re.search(r'\W\*\*\w$', b))
    senses = ' '.join(c for c in m.user_comments if c[:6] == 'sense:')
    for t in terms:
        en,n = re.subn(rf"\b({t['english']})(s|es)?\b", '\0', en, flags=re.I)
        if n and not re.search(t['english'], senses) and not re.search(t['korean'], ko):
            yield f"term {t['english']}: expected {t['korean']}"
    avoid = {name for t in terms for name in t['forbidden'].split('|')}
    every = avoid.union(*(t['korean'].split('|') for t in terms)) - {''}
    found = re.findall('|'.join(sorted(every, key=len, reverse=True)), ko)
    yield from (f'term: {name} is to be avoided' for name in found if name in avoid)

def check(name, terms):
    "All that is wrong with `name`: (cell id, what)"
    cat,asked = catalog(name),entries(name)
    gone = [m for m in cat if m.id and (m.context, m.id) not in asked] + [*cat.obsolete.values()]
    yield from ((m.context, f'obsolete: {m.id[:60]!r}') for m in gone)
    for cell,block in asked:
        m = cat.get(block, cell) or Message(block)
        if m.string and not m.fuzzy: yield from ((cell, what) for what in differs(m, terms))
        else: yield cell, f"{'fuzzy' if m.fuzzy else 'not translated'}: {block[:60]!r}"
    path,content = compose(name)
    if not path.exists() or path.read_bytes() != content: yield path.name, 'not what compose makes'

def main(command, *asked):
    terms = csv.DictReader((pos/'terms.csv').read_text(encoding='utf-8').splitlines())
    terms,known = sorted(terms, key=lambda t: -len(t['english'])),[*names(), 'messages']
    have = [p.relative_to(top) for top in (pos, kos) for p in top.rglob('*.[pi][op]*')]
    bad = [print(p, 'has no English') for p in have if p.with_suffix('').as_posix() not in known]
    for name in asked or known:
        if command == 'check': bad += [print(name, *wrong) for wrong in check(name, terms)]
        else:
            path,content = dict(extract=extract, compose=compose)[command](name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return len(bad) > 0

if __name__ == '__main__': sys.exit(main(*sys.argv[1:]))
