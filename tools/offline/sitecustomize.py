"""Put on PYTHONPATH, this lets no Python process reach a network: tools/check.py runs so.

Python imports a module of this name when it starts. Sockets within the machine's own kernel
(AF_UNIX) stay; with OFFLINE=loopback so do those to this machine itself, for Jupyter's kernels."""
import os, socket
from pathlib import Path

_loop = {'127.0.0.1', '::1', 'localhost'}
_local = _loop if os.environ.get('OFFLINE') == 'loopback' else set()

class OfflineError(OSError): "Somebody wanted to use the network"

def _refuse(name, what):
    if log := os.environ.get('OFFLINE_LOG'):
        with Path(log).open('a', encoding='utf-8') as f: f.write(f'{name} {what}\n')
    raise OfflineError(f"{name}: expected no use of the network, got {what!r}")

def _guarded(name, where):
    real = getattr(socket.socket, name)
    def guard(self, *args):
        to = args[where] if self.family != getattr(socket, 'AF_UNIX', None) else None
        allowed = _loop if name == 'bind' else _local # on import some try whether IPv6 would do
        if to is not None and (not isinstance(to, tuple) or to[0] not in allowed): _refuse(name, to)
        return real(self, *args)
    setattr(socket.socket, name, guard)

for _name in ('connect', 'connect_ex', 'sendto', 'bind'): _guarded(_name, -(_name=='sendto'))

_look = socket.getaddrinfo
def _getaddrinfo(host, *args, **kwargs):
    if host not in _local: _refuse('getaddrinfo', host)
    return _look(host, *args, **kwargs)
socket.getaddrinfo = _getaddrinfo
socket.gethostbyname = lambda host: _refuse('gethostbyname', host)
