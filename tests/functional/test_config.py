# SPDX-License-Identifier: ISC
"""Command line, configuration, exit codes, and where the daemon listens."""

import contextlib
import ctypes
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness import binary, connect, etc, run

LIBC = ctypes.CDLL(None, use_errno=True)

EX_OK, EX_USAGE, EX_UNAVAILABLE, EX_IOERR, EX_CONFIG = 0, 64, 69, 74, 78

MISTAKES = rb'''[server]
nam = Tea
settle = 5 parsecs
[limts]
[limits]
clients = -1
clients = 5
  line_length = 100
[listen main]
address = localhost:4000
speak = lin
mode = 999
[room lobby]
what is this
[format]
say = {nik}: {text}
time = a@NUL@b
quit = @FF@
motd = @LONG@
port = 3
[log]
clients = 3
level = loud
motd_file = x
'''.replace(b'@NUL@', b'\0').replace(b'@FF@', b'\xff').replace(b'@LONG@', b'x' * 200)

REPORTS = {
    2: 'unknown key "nam" in [server] (did you mean "name"?)',
    3: 'settle must be 0 to 1m, not "5 parsecs"',
    4: 'unknown section [limts] (did you mean [limits]?)',
    6: 'clients must be 0 to 1000000, not "-1"',
    7: 'key "clients" given twice in [limits], first in line 6',
    8: 'indented line',
    10: 'address: "localhost" is not a numeric address',
    11: 'speak must be one of auto, telnet, line, not "lin" (did you mean "line"?)',
    12: 'mode must be 0000 to 0777 in octal, not "999"',
    13: '[room lobby]: names of rooms begin with "#", write [room #lobby]',
    14: 'neither KEY = VALUE nor [SECTION]',
    16: 'say: there is no {nik} here (did you mean {nick}?)',
    17: 'NUL byte',
    18: 'not UTF-8',
    19: 'line longer than 198 bytes',
    20: 'unknown key "port" in [format]',
    22: 'unknown key "clients" in [log] (it belongs in [limits])',
    23: 'level must be one of error, warning, notice, info, debug, not "loud"',
    24: 'unknown key "motd_file" in [log] (it belongs in [server])',
}


@pytest.fixture
def prattle(tmp_path):
    """Run prattled to its end, without a configuration file if there is no -c."""

    def run_it(*args, **env):
        if '-c' not in args and '--config' not in args:
            args = ('-c', '/dev/null', *args)
        return run(tmp_path, *args, **env)

    return run_it


@pytest.fixture
def file(tmp_path):
    """Write a configuration file: its path."""

    def write(text):
        path = tmp_path / 'test.ini'
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def values(text):
    """What -t prints, as {(section, key): value}."""
    found, section = {}, None
    for header, key, value in re.findall(
            r'^;?(?:\[(.+)\]|(\w+) =(.*))$', text, re.MULTILINE):
        if header:
            section = header
        else:
            found[section, key] = value.strip()
    return found


# Checking: -t


def test_every_value_is_printed(prattle):
    code, out, err = prattle('-t')
    assert (code, err) == (EX_OK, '')
    printed = values(out)
    sample = values(prattle('--dump', 'conf')[1])
    names = {(section.split()[0], key) for section, key in printed}
    assert names == {(section.split()[0], key) for section, key in sample
                     if section != 'operator root'}
    for (section, key), value in sample.items():
        section = {'listen main': 'listen default'}.get(section, section)
        # There is no operator without a section.
        assert (section, key) in printed or section == 'operator root'
        assert prattle('-t', '-o', f'{section}.{key}={value}')[0] == EX_OK


def test_defaults(prattle):
    printed = values(prattle('-t')[1])
    assert printed['listen default', 'address'] == '127.0.0.1:4000'
    assert printed['server', 'settle'] == '2s'
    assert printed['limits', 'clients'] == '10000'
    assert printed['format', 'say'] == '{nick}: {text}'
    assert ('room #lobby', 'topic') in printed


def test_without_a_file_it_would_listen_on_loopback(tmp_path):
    default = re.search(r'default: (\S+), if there', run(tmp_path, '--help')[1])[1]
    if os.path.exists(default):
        pytest.skip(f'{default} exists')
    code, out, _ = run(tmp_path, '-t')
    assert code == EX_OK
    assert values(out)['listen default', 'address'] == '127.0.0.1:4000'


def test_what_is_printed_can_be_read_again(prattle, file):
    text = '''[server]
name = Höhle
motd_file = /etc/motd
settle = 1500ms
[listen a]
address = 127.0.0.1:4000, [::1]:4001, *:4002, unix:/run/x, fd:name
mode = 600
[listen b]
speak = line
address = 127.0.0.1:0
send_buffer = 64k
[room #one]
topic = Tea = good
[room *]
history = 0
[format]
say = {{ {nick} }} {text}
'''
    first = prattle('-t', '-c', file(text))
    assert first[0] == EX_OK
    assert values(first[1])['listen a', 'mode'] == '0600'
    assert prattle('-t', '-c', file(first[1])) == first


def test_all_mistakes_are_reported_at_once(prattle, file):
    path = file(MISTAKES)
    code, out, err = prattle('-t', '-c', path)
    assert (code, out) == (1, '')
    reports = {}
    for line in err.splitlines():
        where, number, what = line.split(':', 2)
        assert where == str(path)
        reports[int(number)] = what.strip()
    assert list(reports) == list(REPORTS)
    for number, what in REPORTS.items():
        assert reports[number].startswith(what)


def test_mistakes_keep_it_from_starting(prattle, file):
    path = file(MISTAKES)
    code, _, err = prattle('-c', path, '-l', '127.0.0.1:0')
    assert code == EX_CONFIG
    for number, what in REPORTS.items():
        assert f'{path}:{number}: {what}' in err
    assert 'listening' not in err


def test_file_that_is_none(prattle, tmp_path):
    for path, why in [('/nonexistent', 'No such file'), (tmp_path, 'Is a directory'),
                      ('/dev/zero', 'larger than 1048576 bytes')]:
        code, out, err = prattle('-t', '-c', path)
        assert (code, out) == (1, '')
        assert f'{path}: {why}' in err
        assert prattle('-c', path)[0] == EX_CONFIG


@pytest.mark.parametrize('text', [
    '', '\n\n', '; nothing\n# at all', '[server]', '\ufeff[server]\nname = x',
    '[server]\r\nname = x\r\n', '[server]\nname=x', '[server]\nname: x',
    '[server] ; comment\nname = x ; comment\n',
    '; ' + 'x' * 5000,
], ids=repr)
def test_files_that_are_fine(prattle, file, text):
    code, out, err = prattle('-t', '-c', file(text))
    assert (code, err) == (EX_OK, '')
    assert values(out)['server', 'name'] == ('x' if 'name' in text else 'prattle')


def test_passphrase_in_place_of_a_hash_is_told_and_not_shown(prattle, file):
    path = file('[operator root]\nhash = correct horse\n')
    code, out, err = prattle('-t', '-c', path)
    assert (code, out) == (1, '')
    assert err == f'{path}:2: hash must be a hash as prattled --hash prints it or empty\n'
    assert prattle('-c', path)[0] == EX_CONFIG


def test_addresses_of_two_sections_must_differ(prattle, file):
    path = file('[listen a]\naddress = 127.0.0.1:4000\n[listen b]\n')
    code, _, err = prattle('-t', '-c', path)
    assert code == 1
    assert err == (f'{path}:3: address 127.0.0.1:4000 of [listen b] '
                   'is that of [listen a] too\n')


# The command line


@pytest.mark.parametrize('args', [
    ['-x'], ['--nonsense'], ['word'], ['-c'], ['-c', ''], ['-o'], ['-p'], ['-l'], ['--dump'],
    ['--dump', 'nonsense'], ['-t', 'word'],
], ids=' '.join)
def test_wrong_usage(tmp_path, args):
    code, out, err = run(tmp_path, *args)
    assert (code, out) == (EX_USAGE, '')
    assert err


@pytest.mark.parametrize('option', ['-h', '--help'])
def test_help(tmp_path, option):
    code, out, err = run(tmp_path, option)
    assert (code, err) == (EX_OK, '')
    for letter, word in zip('clpodtvVh', [
            'config', 'listen', 'port', 'option', 'daemon', 'test', 'verbose',
            'version', 'help']):
        assert re.search(rf'^  -{letter}, --{word}\b', out, re.MULTILINE)
    assert '--dump=WHAT' in out


@pytest.mark.parametrize('option', ['-V', '--version'])
def test_version(tmp_path, option):
    code, out, err = run(tmp_path, option)
    assert (code, err) == (EX_OK, '')
    assert re.fullmatch(r'prattle \d\S*\nlibevent 2\.\S+\nfeatures: .+\n', out)


@pytest.mark.parametrize('what', ['conf', 'options', 'commands'])
def test_dump(tmp_path, what):
    code, out, err = run(tmp_path, '--dump', what)
    assert (code, err) == (EX_OK, '')
    wanted = {'conf': ';settle = 2s', 'options': '.It Cm settle',
              'commands': '.It Ic /me'}
    assert f'\n{wanted[what]}' in out


@pytest.mark.parametrize('args', [
    ['--dump', 'conf'], ['--dump', 'metrics'], ['--hash'], ['--help'], ['--version'],
    ['-t', '-c', '/dev/null'],
], ids=' '.join)
def test_output_that_can_not_be_written(args):
    with open('/dev/full', 'w', encoding='ascii') as full:
        done = subprocess.run([binary(), *args], input='sesame\n', stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == EX_IOERR
    assert done.stderr == "prattled: can't write to standard output\n"


def test_dumped_file_is_the_defaults(prattle, file):
    sample = prattle('--dump', 'conf')[1]
    nothing = prattle('-t')[1]
    assert prattle('-t', '-c', file(sample))[1] == nothing
    for line in sample.splitlines():
        assert len(line.encode()) <= 80 or line.startswith((';welcome', ';reader_welcome'))
    # Without the first ; of its lines it says the same, in words.
    spoken = re.sub(r'^;(?=\w|\[)', '', sample, flags=re.MULTILINE)
    code, out, err = prattle('-t', '-c', file(spoken))
    assert (code, err) == (EX_OK, '')
    expected = values(nothing)
    for (section, key), value in values(out).items():
        # The sample needs a name where the default has none.
        section = section.replace('listen main', 'listen default')
        assert section == 'operator root' or expected[section, key] == value


@pytest.mark.parametrize('option', ['-o', '--option'])
def test_option_is_stronger_than_the_file(prattle, file, option):
    path = file('[server]\nname = file\n')
    printed = values(prattle('-t', '-c', path, option, 'server.name=a=b.c', option,
                             'room #den.topic=Tea', option, 'log.level = debug')[1])
    assert printed['server', 'name'] == 'a=b.c'
    assert printed['room #den', 'topic'] == 'Tea'
    assert printed['log', 'level'] == 'debug'


@pytest.mark.parametrize('text, why', [
    ('nonsense', 'must be SECTION.KEY=VALUE'),
    ('server.name', 'must be SECTION.KEY=VALUE'),
    ('name=x', 'must be SECTION.KEY=VALUE'),
    ('server.nam=x', 'unknown key "nam" in [server] (did you mean "name"?)'),
    ('sever.name=x', 'unknown section [sever] (did you mean [server]?)'),
    ('limits.clients=-1', 'clients must be 0 to 1000000'),
    ('server.name=a\nb', 'name must be text without control characters'),
])
def test_wrong_option(prattle, text, why):
    code, out, err = prattle('-t', '-o', text)
    assert (code, out) == (1, '')
    assert err.startswith('-o ') and why in err


@pytest.mark.parametrize('args, address', [
    (['-l', '127.0.0.2'], '127.0.0.2:4000'),
    (['--listen', '127.0.0.2:1'], '127.0.0.2:1'),
    (['-l', '::1'], '[::1]:4000'),
    (['-l', '[::1]:1'], '[::1]:1'),
    (['-l', '*'], '*:4000'),
    (['-l', 'unix:/run/x'], 'unix:/run/x'),
    (['-l', '127.0.0.2,::1', '-p', '7'], '127.0.0.2:7, [::1]:7'),
    (['-p', '0'], '127.0.0.1:0'),
    (['--port', '65535'], '127.0.0.1:65535'),
], ids=str)
def test_where_to_listen(prattle, file, args, address):
    path = file('[listen a]\n[listen b]\naddress = *:1\n')
    printed = values(prattle('-t', '-c', path, *args)[1])
    addresses = {place: value for place, value in printed.items() if 'address' in place}
    assert addresses == {('listen default', 'address'): address}


@pytest.mark.parametrize('args', [
    ['-p', 'x'], ['-p', '65536'], ['-p', ''], ['-l', 'localhost'], ['-l', ''],
    ['-l', '127.0.0.1:4', '-p', '3'], ['-l', 'unix:x'], ['-l', 'unix:/x', '-p', '3'],
    ['-l', '::ffff:127.0.0.1'],
], ids=str)
def test_where_one_cannot_listen(prattle, args):
    code, out, err = prattle('-t', *args)
    assert (code, out) == (1, '')
    assert err.startswith(('-p ', '-l '))


# Listening


def test_address_in_use(prattle):
    with socket.socket() as busy:
        busy.bind(('127.0.0.1', 0))
        busy.listen()
        port = busy.getsockname()[1]
        code, _, err = prattle('-p', port)
        assert code == EX_UNAVAILABLE
        assert f"can't listen on 127.0.0.1:{port}: Address already in use" in err


def test_reuse_port(prattled):
    one = prattled('[listen main]\naddress = 127.0.0.1:0\nreuse_port = yes\n')
    two = prattled('[listen main]\nreuse_port = yes\n'
                   f'address = 127.0.0.1:{one.port}\n')
    assert one.port == two.port


def test_several_addresses(prattled, tmp_path):
    path = tmp_path / 'room'
    room = prattled(f'''
[listen tcp]
address = 127.0.0.1:0, 127.0.0.2:0
[listen local]
address = unix:{path}
''')
    other = int(room.wait_log(r'listening on 127\.0\.0\.2:(\d+)')[1])
    room.wait_log('listening on unix:')
    people = [room.connect(a) for a in (room.address, ('127.0.0.2', other), path)]
    people[0].send('hi')
    for person in people[1:]:
        person.expect_next('guest1: hi')


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(('::1', 0))
    except OSError:
        return False
    return True


need_ipv6 = pytest.mark.skipif(not has_ipv6(), reason='this machine has no IPv6')


@need_ipv6
def test_ipv6(prattled):
    room = prattled('[listen main]\naddress = [::1]:0\n')
    port = int(room.wait_log(r'listening on \[::1\]:(\d+)')[1])
    ann = room.connect(('::1', port))
    room.wait_log(rf'conn 1: connect from \[::1\]:\d+ to \[::1\]:{port}')
    assert ann.people() == 1


@need_ipv6
def test_any_address(prattled):
    room = prattled('[listen main]\naddress = *:0\n')
    v4 = int(room.wait_log(r'listening on 0\.0\.0\.0:(\d+)')[1])
    v6 = int(room.wait_log(r'listening on \[::\]:(\d+)')[1])
    ann = room.connect(('127.0.0.1', v4))
    bob = room.connect(('::1', v6))
    ann.send('hi')
    bob.expect_next('guest1: hi')


def bound(family, host, port):
    """A socket that keeps others from taking a port, but not who listens there."""
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((host, port))
    return sock


@need_ipv6
def test_any_address_has_one_port_for_both(prattled):
    with bound(socket.AF_INET, '0.0.0.0', 0) as v4:
        port = v4.getsockname()[1]
        with bound(socket.AF_INET6, '::', port):
            room = prattled(f'[listen main]\naddress = *:{port}\n')
            room.wait_log(rf'listening on 0\.0\.0\.0:{port}\n')
            people = [room.connect((host, port)) for host in ('127.0.0.1', '::1')]
            assert people[0].people() == 2


@pytest.mark.parametrize('mode', ['0660', '600', '0777'])
def test_unix_socket_and_its_mode(prattled, tmp_path, mode):
    path = tmp_path / 'room'
    room = prattled(f'[listen main]\naddress = unix:{path}\nmode = {mode}\n')
    room.wait_log(f'listening on unix:{path}')
    assert stat.S_IMODE(path.stat().st_mode) == int(mode, 8)
    room.connect(path)
    room.wait_log(rf'conn 1: connect from uid {os.getuid()} pid {os.getpid()} to unix:')
    room.stop()
    assert not path.exists()


def test_stale_unix_socket_is_replaced(prattled, tmp_path):
    path = tmp_path / 'room'
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    room = prattled(f'[listen main]\naddress = unix:{path}\n')
    room.wait_log('listening on unix:')
    room.connect(path)


def test_unix_socket_in_use_is_refused(prattle, tmp_path):
    path = tmp_path / 'room'
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen()
        code, _, err = prattle('-l', f'unix:{path}')
        assert code == EX_UNAVAILABLE
        assert f"can't listen on unix:{path}: Address already in use" in err
        connect(path).close()


def test_file_in_the_way_of_a_unix_socket_stays(prattle, tmp_path):
    path = tmp_path / 'room'
    path.write_text('precious')
    code, _, err = prattle('-l', f'unix:{path}')
    assert code == EX_UNAVAILABLE
    assert f"can't listen on unix:{path}" in err
    assert path.read_text() == 'precious'


def test_no_such_passed_descriptor(prattle):
    code, _, err = prattle('-l', 'fd:chat')
    assert code == EX_UNAVAILABLE
    assert 'no socket called "chat" was passed to the daemon' in err


SYS_PIDFD_GETFD = 438


def borrow(pidfd, number):
    """A copy of a descriptor of another process; Python has no pidfd_getfd(2)."""
    fd = LIBC.syscall(SYS_PIDFD_GETFD, pidfd, number, 0)
    if fd == -1:
        pytest.skip(f'pidfd_getfd: {os.strerror(ctypes.get_errno())}')
    return fd


def find_socket(room, is_it):
    """A copy of the daemon's socket for which `is_it` is true."""
    pidfd = os.pidfd_open(room.pid)
    try:
        for name in os.listdir(f'/proc/{room.pid}/fd'):
            fd = borrow(pidfd, int(name))
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.close(fd)
                continue
            sock = socket.socket(fileno=fd)
            with contextlib.suppress(OSError):
                if is_it(sock):
                    return sock
            sock.close()
    finally:
        os.close(pidfd)
    return None


def daemon_end(room, client):
    """The daemon's socket for a connection, as a copy."""
    return find_socket(
        room, lambda sock: sock.getpeername() == client.sock.getsockname())


OPTIONS = [(socket.IPPROTO_TCP, socket.TCP_NODELAY),
           (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
           (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
           (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
           (socket.SOL_SOCKET, socket.SO_OOBINLINE)]


def assert_options(room, client, expected):
    with daemon_end(room, client) as sock:
        for option, value in zip(OPTIONS, expected):
            assert value is None or sock.getsockopt(*option) == value


@pytest.mark.parametrize('config, expected', [
    ('', [1, 1, 120, 90000, 1]),
    ('nodelay = no\nkeepalive = 0\nuser_timeout = 0\n', [0, 0, None, 0, 1]),
    ('keepalive = 5m\nuser_timeout = 1500ms\n', [1, 1, 300, 1500, 1]),
])
def test_options_of_tcp(prattled, config, expected):
    main = '[listen main]\naddress = 127.0.0.1:0\n'
    room = prattled(main + config)
    client = room.connect()
    assert_options(room, client, expected)
    # They are for who comes after a reload, and are taken back by the next one.
    room.reload(main + 'nodelay = no\nkeepalive = 10s\nuser_timeout = 10s\n')
    assert_options(room, room.connect(), [0, 1, 10, 10000, 1])
    assert_options(room, client, expected)
    room.reload(main + config)
    assert_options(room, room.connect(), expected)


# Where struct tcp_info has the backlog of a listening socket, and its size by default.
BACKLOG_AT, BACKLOG = 28, 4096


@pytest.mark.parametrize('config, backlog', [('', BACKLOG), ('backlog = 7\n', 7)])
def test_backlog(prattled, config, backlog):
    main = '[listen main]\naddress = 127.0.0.1:0\n'
    room = prattled(main + config)

    def seen():
        with find_socket(room, lambda sock: sock.getsockopt(
                socket.SOL_SOCKET, socket.SO_ACCEPTCONN)) as sock:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            return int.from_bytes(info[BACKLOG_AT:BACKLOG_AT + 4], sys.byteorder)

    most = int(Path('/proc/sys/net/core/somaxconn').read_text())
    assert seen() == min(backlog, most)
    room.reload(main + 'backlog = 9\n')
    assert seen() == 9


def test_send_buffer(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 64k\n')
    with daemon_end(room, room.connect()) as sock:
        # Linux doubles it for its own needs.
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 65536


# The files that come with it


@pytest.mark.parametrize('name', ['prattled.ini', 'prattled-minimal.ini'])
def test_sample_files(prattle, name):
    path = etc() / name
    code, out, err = prattle('-t', '-c', path)
    assert (code, err) == (EX_OK, '')
    assert values(out)
