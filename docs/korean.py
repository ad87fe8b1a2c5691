"""Search in Korean for Sphinx: Hangul is cut into pairs of syllables, for the index and in queries

A Korean word carries its particle (편향은, 편향을), and Sphinx looks for parts of a word only from
three letters on. Pairs find both: 편향 is one, 기울기 is the two 기울 and 울기."""
import re
from sphinx.search import SearchLanguage

word = re.compile(r'[가-힣]+|[^\W가-힣]+')

def cut(text):
    "The terms of `text`: pairs of Hangul syllables, a single one as it is; other words whole"
    for w in word.findall(text):
        if len(w) < 3 or w[0] < '가' or w[0] > '힣': yield w
        else: yield from (w[i:i+2] for i in range(len(w)-1))

class SearchKorean(SearchLanguage):
    lang,language_name = 'ko','Korean'
    js_splitter_code = r'''
function splitQuery(query) {
  const word = /[가-힣]+|-?(?:(?![가-힣])[\p{L}\p{N}_])+/gu;
  const words = query.normalize("NFC").match(word) || [];
  return words.flatMap(w => !/^[가-힣]{3}/.test(w) ? [w]
    : Array.from({length: w.length - 1}, (_, i) => w.slice(i, i + 2)));
}
'''
    def split(self, input): return [*cut(input), *re.findall('[가-힣]', input)]

def setup(app):
    app.add_search_language(SearchKorean)
    return dict(parallel_read_safe=True)
