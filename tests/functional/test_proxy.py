# SPDX-License-Identifier: ISC
"""Behind a proxy: who it says that somebody is, is who counts."""

import contextlib
import os
import re
import select
import socket
import struct
import subprocess

import pytest

from harness import (DEADLINE, UNPACKED, assert_silence, connect, environment, heard,
                     run, wait_until)
from test_moderation import hashed, oper  # noqa: F401, a fixture and what it is for
from test_restart import restart

SOURCE, OTHER = '192.0.2.7', '192.0.2.8'
UNLISTED = '127.0.0.2'
SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'
BUSY = 'Too many people from your address are here already.'


def v1(source=SOURCE, port=56324, kind=None):
    """A header of version 1."""
    kind = kind or ('TCP6' if ':' in source else 'TCP4')
    target = '::1' if ':' in source else '192.0.2.1'
    return f'PROXY {kind} {source} {target} {port} 4000\r\n'.encode()


def v2(source=SOURCE, port=56324, more=b'', command=0x21):
    """A header of version 2."""
    family, kind = (socket.AF_INET6, 0x21) if ':' in source else (socket.AF_INET, 0x11)
    target = '::1' if ':' in source else '192.0.2.1'
    body = (socket.inet_pton(family, source) + socket.inet_pton(family, target) +
            struct.pack('!HH', port, 4000) + more)
    return SIGNATURE + struct.pack('!BBH', command, kind, len(body)) + body


LOCAL = SIGNATURE + bytes([0x20, 0, 0, 0])

VERSIONS = pytest.mark.parametrize('header', [v1, v2], ids=['v1', 'v2'])


def config(more='', proxied='proxy = required\nproxy_from = 127.0.0.1\n'):
    return ('[listen main]\naddress = 127.0.0.1:0\n'
            f'[listen proxied]\naddress = 127.0.0.1:0\n{proxied}{more}')


@pytest.fixture
def behind(prattled):
    """behind(more): a daemon with a door for anybody, and room.door for a proxy."""

    def start(more='', log='info', **options):
        room = prattled(config(more), ready=r'(?:listening on (?s:.*)){2}',
                        args=['-o', f'log.level={log}'], **options)
        room.door = ('127.0.0.1', room.ports[1])
        return room

    return start


def come(room, header, more=b'', **options):
    """Somebody comes by the proxy."""
    __tracebackhide__ = True
    client = room.connect(room.door, greet=False, **options)
    client.send_bytes(header + more)
    client.nick = client.expect(r'You are (\w+) in')[1]
    client.expect(r'^-- In #')
    return client


def assert_closed(client):
    """Nothing came, and nothing more will; a reset is as good as an end."""
    __tracebackhide__ = True
    with contextlib.suppress(ConnectionResetError):
        assert client.sock.recv(1) == b''


def assert_no_word(client):
    """Nothing has come, and the connection stays."""
    __tracebackhide__ = True
    assert not select.select([client.sock], [], [], 0)[0]


def local(client):
    return '%s:%d' % client.sock.getsockname()


# Who it is


@VERSIONS
@pytest.mark.parametrize('source, shown', [
    (SOURCE, r'192\.0\.2\.7:56324'), ('2001:db8::7', r'\[2001:db8::7\]:56324')])
def test_the_header_says_who_it_is(behind, hashed, header, source, shown):
    room = behind(f'[operator root]\nhash = {hashed}\n')
    ann = oper(room.connect().rename('ann'))
    bob = come(room, header(source), b'hello\n')
    ann.expect(f'^{bob.nick}: hello$')
    proxy = re.escape(local(bob))
    room.wait_log(rf'conn 2: connect from {shown} to 127\.0\.0\.1:{room.door[1]} '
                  rf'by proxy {proxy}$')
    ann.send(f'/whois {bob.nick}')
    ann.expect(f'{bob.nick} comes from {shown}\\.$')
    bob.send('/quit')
    bob.expect_end()


def test_what_is_added_is_skipped(behind):
    room = behind()
    come(room, v2(more=b'\x02\0\x08chat.lan\x04\0\x01\0\xe0\0\0'))
    room.wait_log(r'connect from 192\.0\.2\.7:56324')
    # The checksum of this very header is right.
    come(room, v2(more=b'\x03\0\x04\x34\x8e\x1a\x2b'))


@VERSIONS
def test_cut_anywhere(behind, header):
    """Nothing happens before it is whole, and nothing behind it is lost."""
    room = behind()
    ann = room.connect()
    whole = header()
    for cut in range(1, len(whole)):
        bob = room.connect(room.door, greet=False)
        bob.send_bytes(whole[:cut])
        assert ann.people() == 1
        assert_no_word(bob)
        bob.send_bytes(whole[cut:] + b'hello\n')
        bob.nick = bob.expect(r'You are (\w+) in')[1]
        ann.expect(f'^{bob.nick}: hello$')
        bob.send('/quit')
        bob.expect_end()
    # Each byte by itself.
    bob = room.connect(room.door, greet=False)
    for n in range(len(whole)):
        assert ann.people() == 1
        assert_no_word(bob)
        bob.send_bytes(whole[n:n + 1])
    bob.expect(r'You are (\w+) in')
    assert ann.people() == 2


def test_telnet_behind_a_proxy(behind):
    room = behind()
    ann = room.connect(room.door, greet=False)
    ann.send_bytes(v1() + b'\xff\xf6')  # IAC AYT
    ann.expect_bytes(b'\xff\xfd\x00')  # DO BINARY: it is spoken from here on


def test_a_header_is_taken_once(behind):
    """What looks like another one behind it is that of somebody who took us for it."""
    room = behind()
    ann = room.connect(room.door, greet=False)
    ann.send_bytes(v1() + v1(OTHER) + b'hello\n')
    room.wait_log('conn 1: speaks PROXY protocol$')
    assert OTHER not in room.log()


# What counts by it


def test_limits_count_by_the_header(behind):
    room = behind('[limits]\nexempt =\nclients_per_address = 1\n')
    come(room, v1(SOURCE, 1))
    for header in v1(SOURCE, 2), v2(SOURCE, 3):
        late = room.connect(room.door, greet=False)
        late.send_bytes(header)
        assert late.expect_end() == [BUSY]
    come(room, v2(OTHER))
    # Of IPv6 a /64 is one.
    come(room, v2('2001:db8::7'))
    late = room.connect(room.door, greet=False)
    late.send_bytes(v1('2001:db8::8'))
    assert late.expect_end() == [BUSY]
    come(room, v1('2001:db8:0:1::8'))
    # And the proxy's own address has not been counted at all.
    room.connect()
    assert room.ends()['too many people from one address'] == 3


def test_connects_count_by_the_header(behind):
    room = behind('[limits]\nexempt =\nconnects_per_address = 2\n')
    for port in 1, 2:
        client = come(room, v1(SOURCE, port))
        client.send('/quit')
        client.expect_end()
    late = room.connect(room.door, greet=False)
    late.send_bytes(v1())
    assert late.expect_end()[0].startswith('Too many connections from your address.')
    come(room, v1(OTHER))


def test_exempt_by_the_header(behind):
    room = behind(f'[limits]\nexempt = {SOURCE}\nclients_per_address = 1\n')
    for port in 1, 2, 3:
        come(room, v1(SOURCE, port))
    come(room, v1(OTHER, 1))
    late = room.connect(room.door, greet=False)
    late.send_bytes(v1(OTHER, 2))
    assert late.expect_end() == [BUSY]


def test_a_ban_hits_whom_the_header_names(behind, hashed):
    room = behind(f'[operator root]\nhash = {hashed}\n')
    ann = oper(room.connect().rename('ann'))
    bob, eve = come(room, v1(OTHER)), come(room, v2(SOURCE))
    ann.send(f'/ban {SOURCE} 1h')
    eve.expect_end()
    for header in v1, v2:
        late = room.connect(room.door, greet=False)
        late.send_bytes(header(SOURCE, 9))
        assert re.match('.*ban', late.expect_end()[0])
    come(room, v1(OTHER, 9))
    assert_silence(ann, bob)


# Those for whom no address is given


@pytest.mark.parametrize('header', [
    LOCAL, v2(command=0x20), b'PROXY UNKNOWN\r\n', b'PROXY UNKNOWN 1 2 3\r\n',
    SIGNATURE + b'\x21\0\0\0', v2().replace(b'\x21\x11', b'\x21\x12'),
    SIGNATURE + b'\x21\x31\0\xd8' + b'/a'.ljust(216, b'\0')],
    ids=['LOCAL', 'LOCAL of somebody', 'UNKNOWN', 'UNKNOWN of somebody', 'UNSPEC', 'UDP',
         'UNIX'])
def test_own_address(behind, header):
    room = behind()
    ann = room.connect()
    bob = room.connect(room.door, greet=False)
    bob.send_bytes(header + b'hello\n')
    bob.nick = bob.expect(r'You are (\w+) in')[1]
    ann.expect(f'^{bob.nick}: hello$')
    room.wait_log(f'connect from {re.escape(local(bob))} to')


def look(room, header, number, linger=None):
    """The proxy looks whether the daemon is there, for the `number`th time."""
    sock = connect(room.door)
    if linger is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    sock.sendall(header(sock) if callable(header) else header)
    sock.close()
    wait_until(lambda: room.log().count(' has looked in\n') == number, 'its end')


def own_v1(sock):
    host, port = sock.getsockname()
    return v1(host, port)


def own_v2(sock):
    host, port = sock.getsockname()
    return v2(host, port)


@pytest.mark.parametrize('linger', [None, struct.pack('ii', 1, 0)], ids=['end', 'reset'])
def test_looking_in_is_no_news(behind, linger):
    """Nobody comes, nothing is logged, no number is used up."""
    room = behind(log='debug')
    ann = room.connect()
    room.wait_log('conn 1: connect')
    mark = room.log_mark()
    for number, header in enumerate([b'', LOCAL, own_v1, own_v2, b'', LOCAL], 1):
        look(room, header, number, linger)
    lines = room.log()[mark:].splitlines()
    assert len(lines) == 6
    for line in lines:
        assert ' debug: ' in line
    assert ann.people() == 1
    assert room.connect().nick == 'guest2'
    assert 'PROXY' not in str(room.ends())


def test_the_proxy_itself_is_greeted_if_it_stays(behind, fake_clock):
    room = behind(env=fake_clock.env)
    ann = room.connect()
    bob = room.connect(room.door, greet=False)
    bob.send_bytes(LOCAL)
    assert ann.people() == 1
    assert_no_word(bob)
    fake_clock.wait(2)
    ann.barrier()
    bob.expect('You are guest2 in')
    assert ann.people() == 2


def test_neighbours_of_the_proxy_are_not_the_proxy(behind):
    """Whose address or port alone is the proxy's, that one is somebody."""
    room = behind()
    ann = room.connect(room.door, greet=False)
    port = ann.sock.getsockname()[1]
    ann.send_bytes(v1(SOURCE, port))
    room.wait_log(f'connect from {re.escape(SOURCE)}:{port} to')
    bob = room.connect(room.door, greet=False)
    port = bob.sock.getsockname()[1] ^ 1
    bob.send_bytes(v2('127.0.0.1', port))
    room.wait_log(rf'connect from 127\.0\.0\.1:{port} to')


# What is closed


@pytest.mark.parametrize('data, why', [
    (b'hello\n', 'no header'),
    (b'\n', 'no header'),
    (b'GET / HTTP/1.1\r\n\r\n', 'no header'),
    (b'\xff\xfd\x03', 'no header'),
    (b'PROXY TCP4 192.0.2.7 192.0.2.1 5 6\nhello\n', 'a line that does not end in CR LF'),
    (b'PROXY TCP4 192.0.2.7 192.0.2.1 5\r\n', 'not two addresses and two ports, .*'),
    (b'PROXY TCP4 192.0.2.777 192.0.2.1 5 6\r\n', 'wrong source address'),
    (b'PROXY TCP4 ' + b'1' * 200, 'a line that does not end'),
    (SIGNATURE + b'\x11\x11\0\x0c' + bytes(12), 'a version that is neither 1 nor 2'),
    (SIGNATURE + b'\x21\x11\0\x0b' + bytes(12), 'too short for its addresses'),
    (SIGNATURE + b'\x21\x11\xff\xff', 'too long'),
    (v2(more=b'\x03\0\x04\x34\x8e\x1a\x2a'), 'wrong checksum'),
])
def test_bad_headers_close(behind, data, why):
    room = behind()
    ann = room.connect()
    eve = room.connect(room.door, greet=False)
    eve.send_bytes(data)
    room.wait_log(rf'notice: listen 127\.0\.0\.1:{room.door[1]}: closed '
                  rf'{re.escape(local(eve))}: bad PROXY header: {why}$')
    assert_closed(eve)
    assert heard(ann, ann)[0] == []
    assert ann.people() == 1
    assert room.ends() == {'not by the PROXY protocol': 1}
    assert 'connect from' not in room.log().partition('conn 1:')[2].partition('\n')[2]


@VERSIONS
def test_half_a_header_closes(behind, header):
    room = behind()
    eve = room.connect(room.door, greet=False)
    eve.send_bytes(header()[:20])
    eve.end_input()
    room.wait_log('bad PROXY header: cut: end of input$')
    assert_closed(eve)


def test_late_headers_close(behind, fake_clock):
    room = behind(env=fake_clock.env)
    ann = room.connect()
    silent, slow, last = (room.connect(room.door, greet=False) for _ in range(3))
    slow.send_bytes(v1()[:-1])
    last.send_bytes(v1()[:-1])
    fake_clock.wait(3)
    ann.barrier()
    assert_no_word(silent)
    assert_no_word(slow)
    last.send_bytes(b'\n')
    last.expect('You are guest2 in')
    fake_clock.wait(3)
    ann.barrier()
    for late in silent, slow:
        assert_closed(late)
        room.wait_log(f'closed {re.escape(local(late))}: no PROXY header in time$')
    assert ann.people() == 2


@pytest.mark.parametrize('data', [b'', v1(), v2(), b'hello\n'],
                         ids=['silent', 'v1', 'v2', 'speaking'])
def test_only_listed_proxies_are_believed(behind, data):
    room = behind()
    eve = room.connect(room.door, greet=False, source=UNLISTED)
    with contextlib.suppress(ConnectionError):
        eve.send_bytes(data)
    assert_closed(eve)
    room.wait_log(rf'closed {UNLISTED}:\d+: not in proxy_from$')
    assert SOURCE not in room.log()
    assert room.ends() == {'not by the PROXY protocol': 1}


def test_complaints_are_counted_and_not_all_logged(behind, fake_clock):
    room = behind(env=fake_clock.env)
    ann = room.connect()
    closed = r'closed 127\.0\.0\.2:\d+: not in proxy_from\n'
    for _ in range(40):
        assert_closed(room.connect(room.door, greet=False, source=UNLISTED))
    # The log is in order, so all that came before this is there.
    assert room.ends()['not by the PROXY protocol'] == 40
    logged = len(re.findall(closed, room.log()))
    assert 20 <= logged < 40
    fake_clock.wait(3600)
    ann.barrier()
    assert_closed(room.connect(room.door, greet=False, source=UNLISTED))
    room.wait_log(f'listen: {40 - logged} more were closed for their PROXY headers\n'
                  f'.*{closed}')


def test_unix_sockets_need_no_list(prattled, tmp_path):
    path = tmp_path / 'door'
    room = prattled(f'[listen main]\naddress = unix:{path}\nproxy = required\n',
                    ready='listening on unix')
    ann = room.connect(path, greet=False)
    ann.send_bytes(v2())
    ann.expect('You are guest1 in')
    room.wait_log(r'connect from 192\.0\.2\.7:56324 to unix:\S+ by proxy uid \d+ pid \d+$')
    bob = room.connect(path, greet=False)
    bob.send_bytes(LOCAL + b'hello\n')
    bob.expect('You are guest2 in')
    room.wait_log(r'connect from uid \d+ pid \d+ to unix:')


# The configuration


@pytest.mark.parametrize('address', ['127.0.0.1:4000', 'fd:chat', 'unix:/a, [::1]:4000'])
def test_whom_to_believe_must_be_said(tmp_path, address):
    file = tmp_path / 'ini'
    file.write_text(f'[listen a]\naddress = {address}\nproxy = required\n', 'utf-8')
    assert run(tmp_path, '-t', '-c', file) == (
        1, '', 'listen a.proxy: required needs proxy_from, the addresses of the proxies '
        '(proxy_from = 192.0.2.1)\n')


def test_reload(behind):
    room = behind()
    waiting = room.connect(room.door, greet=False)
    waiting.send_bytes(v1()[:10])
    log = room.reload(config(proxied=f'proxy = required\nproxy_from = {UNLISTED}\n'))
    assert 'listen proxied.proxy_from changed, for new connections' in log
    assert_closed(room.connect(room.door, greet=False))
    come(room, v1(OTHER), source=UNLISTED)
    # Who was let in by the old list is not asked again.
    waiting.send_bytes(v1()[10:])
    waiting.expect('You are guest2 in')
    log = room.reload(config(proxied=''))
    assert 'listen proxied.proxy changed, for new connections' in log
    room.connect(room.door)
    log = room.reload(config(proxied='proxy = required\n'))
    assert 'needs proxy_from' in log
    room.connect(room.door)


def test_stop_waits_for_nobody(behind):
    room = behind()
    silent = room.connect(room.door, greet=False)
    own = room.connect(room.door, greet=False)
    own.send_bytes(LOCAL)
    room.connect().barrier()
    room.signal(15)
    assert room.wait_exit() == 0
    assert_closed(silent)
    assert_closed(own)


def test_a_restart_in_place_loses_none(behind, fake_clock):
    """Those who are half there go on like all others; nobody gets more time by it."""
    room = behind(env=fake_clock.env, log='debug')
    ann = room.connect()
    halves = []
    for header in v1(SOURCE, 5), v2(OTHER, 6):
        half = room.connect(room.door, greet=False)
        half.send_bytes(header[:20])
        halves.append((half, header[20:]))
    late, own, look = (room.connect(room.door, greet=False) for _ in range(3))
    own.send_bytes(LOCAL)
    look.send_bytes(LOCAL)
    assert ann.people() == 1
    assert restart(room) == 1
    for half, rest in halves:
        assert_no_word(half)
        half.send_bytes(rest + b'hello\n')
        half.nick = half.expect(r'You are (\w+) in')[1]
        ann.expect(f'^{half.nick}: hello$')
    for source, (half, _) in zip([f'{SOURCE}:5', f'{OTHER}:6'], halves):
        proxy = re.escape(local(half))
        room.wait_log(f'connect from {re.escape(source)} to .* by proxy {proxy}$')
    own.send_bytes(b'here\n')
    ann.expect('guest4: here$')
    room.wait_log(f'conn 4: connect from {re.escape(local(own))} to')
    look.close()
    room.wait_log('has looked in$')
    fake_clock.wait(6)
    ann.barrier()
    assert_closed(late)
    room.wait_log(f'closed {re.escape(local(late))}: no PROXY header in time$')


# Real proxies


def free_port():
    """A port for somebody who can't be told to take any."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def running(folder, *command):
    """A proxy in the foreground."""
    with open(folder / 'proxy.log', 'wb') as log:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                              cwd=folder, env=environment(folder)) as process:
            try:
                yield process
            finally:
                process.terminate()
                process.wait(DEADLINE)


def wait_open(process, port):
    """Until somebody listens there; False if the process has ended instead."""

    def look():
        with contextlib.suppress(ConnectionRefusedError):
            connect(('127.0.0.1', port)).close()
            return 'open'
        return 'ended' if process.poll() is not None else None

    return wait_until(look, f'port {port} to be open') == 'open'


HAPROXY = '''
global
    log stderr format raw daemon
defaults
    mode tcp
    timeout connect 30s
    timeout client 10m
    timeout server 10m
listen chat
    bind 127.0.0.1:{port}
    server room 127.0.0.1:{to} {send} check inter 20ms
'''


@pytest.mark.parametrize('send', ['send-proxy', 'send-proxy-v2',
                                  'send-proxy-v2 proxy-v2-options crc32c,unique-id'])
def test_haproxy(behind, need, tmp_path, send):
    haproxy = need('haproxy')
    room = behind(log='debug')
    ann = room.connect()
    port = free_port()
    file = tmp_path / 'haproxy.cfg'
    file.write_text(HAPROXY.format(port=port, to=room.door[1], send=send), 'utf-8')
    with running(tmp_path, haproxy, '-db', '-f', file) as process:
        if not wait_open(process, port):
            pytest.fail((tmp_path / 'proxy.log').read_text(encoding='utf-8'))
        # It has looked whether we are there some times, and nobody has noticed.
        wait_until(lambda: room.log().count('has looked in') >= 5, 'the checks')
        bob = room.connect(('127.0.0.1', port), source='127.0.0.9')
        bob.send('hello')
        ann.expect(f'^{bob.nick}: hello$')
        room.wait_log(rf'connect from {re.escape(local(bob))} to 127\.0\.0\.1:'
                      rf'{room.door[1]} by proxy 127\.0\.0\.1:\d+$')
        assert ann.people() == 2
    assert 'bad PROXY' not in room.log()
    # The one that waited for the port, and ann, and bob.
    assert len(re.findall('info: conn .*: connect from', room.log())) <= 3


NGINX = '''
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
{module}
events {{}}
stream {{
    server {{
        listen 127.0.0.1:{port};
        proxy_pass 127.0.0.1:{to};
        proxy_protocol on;
    }}
}}
'''


def test_nginx(behind, need, tmp_path):
    nginx = need('nginx')
    room = behind()
    ann = room.connect()
    port = free_port()
    modules = ['/usr/lib/nginx/modules/ngx_stream_module.so',
               UNPACKED / 'usr/lib/nginx/modules/ngx_stream_module.so']
    module = next(filter(os.path.exists, modules), None)
    if module is None:
        pytest.skip('nginx has no module for streams')
    file = tmp_path / 'nginx.conf'
    file.write_text(NGINX.format(folder=tmp_path, port=port, to=room.door[1],
                                 module=f'load_module {module};'), 'utf-8')
    with running(tmp_path, nginx, '-p', tmp_path, '-e', 'stderr', '-c', file) as process:
        if not wait_open(process, port):
            pytest.fail((tmp_path / 'proxy.log').read_text(encoding='utf-8'))
        bob = room.connect(('127.0.0.1', port), source='127.0.0.9')
        bob.send('hello')
        ann.expect(f'^{bob.nick}: hello$')
        room.wait_log(rf'connect from {re.escape(local(bob))} to 127\.0\.0\.1:'
                      rf'{room.door[1]} by proxy 127\.0\.0\.1:\d+$')
    assert 'bad PROXY' not in room.log()
