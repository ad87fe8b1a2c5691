"""Write constraints.txt anew: exact versions of all that settings.ini asks for, for each Python.

Needs uv and a package index. torch and torchvision are held at the pair the outputs were made with;
the CUDA packages that torch pins itself are left to it. After a change of versions, run
`make outputs` and read the differences."""
import subprocess, sys
from configparser import ConfigParser
from pathlib import Path

root = Path(__file__).resolve().parent.parent
pinned = ['torch==2.13.0', 'torchvision==0.28.0']
head = ('# The exact versions that every stored output was made with. '
        'Written by tools/constraints.py: make constraints\n')

def main():
    ini = ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    cfg = ini['DEFAULT']
    parts = ('', 'dev_', 'draw_', 'docs_')
    wanted = '\n'.join(pinned + [r for p in parts for r in cfg[f'{p}requirements'].split()])
    cmd = [sys.executable, '-m', 'uv', 'pip', 'compile', '--universal', '--no-header',
           '--no-annotate', '--quiet', '--python-version', cfg['min_python'], '-']
    out = subprocess.run(cmd, input=wanted, capture_output=True, text=True, cwd=root)
    if out.returncode: sys.exit(out.stderr)
    left = ('-', '#', 'nvidia-', 'triton', 'cuda-')
    keep = [pin for pin in out.stdout.splitlines() if pin and not pin.startswith(left)]
    (root/'constraints.txt').write_text(head + '\n'.join(keep) + '\n', encoding='utf-8')

if __name__ == '__main__': main()
