"Everything said here is read from settings.ini"
import re, sys
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup

root = Path(__file__).resolve().parent
ini = ConfigParser(delimiters=['='])
ini.read(root/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']

# README.md links to what stands beside it; on the package's page these need full addresses
home = f"{cfg['user']}/{cfg['repo']}"
def full(m):
    kind = f'raw.githubusercontent.com/{home}' if m[1] else f'github.com/{home}/blob'
    return f"{m[1]}[{m[2]}](https://{kind}/v{cfg['version']}/{m[3]})"
readme = (root/'README.md').read_text(encoding='utf-8')
readme = re.sub(r'(!?)\[([^]]*)\]\((?!https?:|#)([^)]+)\)', full, readme)

scripts = cfg['console_scripts'].split()
if {'editable_wheel', 'develop'} & set(sys.argv): scripts.append(cfg['dev_console_scripts'])

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'],
    keywords=cfg['keywords'], author=cfg['author'], author_email=cfg['author_email'],
    license='Apache-2.0 (data: CC-BY-SA-3.0)',
    long_description=readme,
    long_description_content_type='text/markdown', zip_safe=False,
    packages=[cfg['lib_path'], f"{cfg['lib_path']}.practice"],
    package_data={cfg['lib_path']: ['mnist.npz', '*.safetensors', '*.js', 'py.typed',
                                   'locale/*/LC_MESSAGES/*.mo']},
    python_requires='>=' + cfg['min_python'], install_requires=cfg['requirements'].split(),
    extras_require={what: cfg[f'{what}_requirements'].split() for what in ('dev', 'docs', 'draw')},
    entry_points={'console_scripts': scripts,
                  'nbdev': [f"{cfg['lib_path']}={cfg['lib_path']}._modidx:d"]})
