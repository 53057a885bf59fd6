# SPDX-License-Identifier: ISC
"""The real clients, as people and scripts use them."""

import shlex
import subprocess

import pexpect
import pytest

from harness import DEADLINE, UNCLEAN, wait_until

HOST = '127.0.0.1'

# How each is called. {} is the port.
COMMANDS = {
    'inetutils-telnet': f'{HOST} {{}}',
    'busybox telnet': f'{HOST} {{}}',
    'nc.openbsd': f'{HOST} {{}}',
    'nc.traditional': f'{HOST} {{}}',
    'busybox nc': f'{HOST} {{}}',
    'ncat': f'{HOST} {{}}',
    'socat': f'- TCP:{HOST}:{{}}',
}
TELNETS = ['inetutils-telnet', 'busybox telnet']
PLAIN = [name for name in COMMANDS if name not in TELNETS]


@pytest.fixture
def command(room, need):
    """The words that start a client."""

    def words(name, *options):
        program, *applet = name.split()
        return [need(program), *applet, *options, *COMMANDS[name].format(
            room.port).split()]

    return words


@pytest.fixture
def at_terminal(command):
    """Start a client at a terminal of its own, where somebody sits and types."""
    started = []

    def start(name):
        program, *args = command(name)
        client = pexpect.spawn(program, args, echo=False, timeout=DEADLINE,
                               encoding='utf-8', env={'TERM': 'xterm'})
        started.append(client)
        client.expect('-- In #lobby: .*you')
        return client

    yield start
    for client in started:
        client.close(force=True)


@pytest.fixture
def in_pipe(command):
    """Start a client between two pipes."""
    started = []

    def start(name, *options):
        client = subprocess.Popen(
            command(name, *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(client)
        return client

    yield start
    for client in started:
        client.kill()
        client.wait()
        client.stdin.close()
        client.stdout.close()


# At a terminal


@pytest.mark.parametrize('name', COMMANDS)
def test_client_chats_both_ways(room, at_terminal, name):
    ann, = room.people('ann')
    client = at_terminal(name)
    client.sendline('/nick bob')
    client.expect('is now bob')
    client.sendline('héllo, is anybody here?')
    ann.expect('^bob: héllo, is anybody here\\?$')
    ann.send('héllo ☃ 日本語')
    client.expect('ann: héllo ☃ 日本語\r')
    client.sendline('bye')
    ann.expect('^bob: bye$')


def key(control):
    return lambda client: client.sendcontrol(control)


def words(text):
    return lambda client: client.sendline(text)


def seen(regex):
    return lambda client: client.expect(regex)


def type_on(client):
    """Type until it leaves: some notice only when they can't send any more."""
    wait_until(lambda: client.sendline('?') and not client.isalive(), 'its end')


QUIT = [words('/quit'), seen('Goodbye!')]

HABITS = {
    'inetutils-telnet': {
        '/quit': QUIT,
        '^] quit': [key(']'), seen('telnet>'), words('quit')],
    },
    'busybox telnet': {
        '/quit': QUIT,
        '^D': [key('d')],
        '^C e': [key('c'), seen('exit telnet'), words('e')],
    },
    'nc.openbsd': {
        '/quit, and more': [*QUIT, type_on],
        '^C': [key('c')],
    },
    'nc.traditional': {
        '/quit': QUIT,
        '^C': [key('c')],
    },
    'busybox nc': {
        '/quit': QUIT,
        '^C': [key('c')],
        '^D': [key('d')],
    },
    'ncat': {
        '/quit, and more': [*QUIT, type_on],
        '^C': [key('c')],
        '^D': [key('d')],
    },
    'socat': {
        '/quit': QUIT,
        '^C': [key('c')],
        '^D': [key('d')],
    },
}


@pytest.mark.parametrize('name, habit', [
    (name, habit) for name, habits in HABITS.items() for habit in habits])
def test_client_quits_by_its_own_habit(room, at_terminal, name, habit):
    ann, = room.people('ann')
    client = at_terminal(name)
    for act in HABITS[name][habit]:
        act(client)
    client.expect(pexpect.EOF)
    room.wait_log('conn 2: disconnect: ')
    wait_until(lambda: ann.people() == 1, 'the client to be gone')


@pytest.mark.parametrize('control', ['c', 'z', '\\'])
def test_control_keys_do_not_freeze_telnet(room, at_terminal, control):
    # It throws away all output until its DO TIMING-MARK is answered.
    ann, = room.people('ann')
    client = at_terminal('inetutils-telnet')
    for n in range(3):
        client.sendcontrol(control)
        client.sendline(f'still here {n}')
        ann.expect(f': still here {n}$')
        ann.send(f'so am I {n}')
        client.expect(f'ann: so am I {n}')


def telnet_command(client, friend, command):
    """Give a command at the prompt of inetutils telnet."""
    client.sendcontrol(']')
    client.expect('telnet> ')
    client.sendline(command)
    # What comes in is shown when it has left its prompt again.
    friend.send(f'did you {command}?')
    client.expect(f'ann: did you {command}\\?')


def test_telnet_commands_are_answered(room, at_terminal):
    ann, = room.people('ann')
    client = at_terminal('inetutils-telnet')
    for name in 'ip', 'ao', 'brk', 'ga', 'el', 'ec', 'nop', 'eor', 'synch':
        telnet_command(client, ann, f'send {name}')
    client.sendcontrol(']')
    client.expect('telnet> ')
    client.sendline('send ayt')
    client.expect(r'\[Yes, I am here\]')
    client.sendline('done')
    ann.expect_next('guest2: done')


def test_telnet_can_change_its_mode(room, at_terminal):
    ann, = room.people('ann')
    client = at_terminal('inetutils-telnet')
    for mode in 'character', 'line':
        telnet_command(client, ann, f'mode {mode}')
        client.sendline(f'in mode {mode}')
        ann.expect_next(f'guest2: in mode {mode}')


@pytest.mark.parametrize('name', PLAIN)
def test_utf8_typed_in_a_plain_client_arrives_byte_for_byte(room, at_terminal, name):
    ann, = room.people('ann')
    client = at_terminal(name)
    client.sendline('héllo ☃ 日本語')
    ann.expect('日')
    said = b'guest2: h\xc3\xa9llo \xe2\x98\x83 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\r\n'
    assert ann.raw.endswith(said)


# Through pipes

# They end their input when it is at its end, and wait for the answers.
PATIENT = {
    'nc -N': ('nc.openbsd', '-N'),
    'nc -q1': ('nc.openbsd', '-q1'),
    'busybox nc': ('busybox nc',),
    'ncat': ('ncat',),
    'socat -t60': ('socat', '-t60'),
}

# They leave when all is sent, whether or not somebody answers.
HASTY = {
    'nc -q0': ('nc.openbsd', '-q0'),
    'nc.traditional -q0': ('nc.traditional', '-q0'),
    'nc.traditional -q1': ('nc.traditional', '-q1'),
    'ncat --send-only': ('ncat', '--send-only'),
    'socat': ('socat',),
    'socat -u': ('socat', '-u'),
    'busybox telnet': ('busybox telnet',),
}

# They wait for ever and have to be told to go.
STUBBORN = ['nc.openbsd', 'nc.traditional', 'busybox nc', 'ncat', 'socat',
            'busybox telnet']


@pytest.fixture
def shell(command):
    """Run a line of shell in which {} is a client: what it printed, once it ended."""

    def run_line(text, *client):
        words = shlex.join(command(*client)) if client else ''
        done = subprocess.run(
            ['sh', '-c', text.replace('{}', words)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, timeout=DEADLINE, check=False)
        assert done.returncode == 0
        return done.stdout.decode()

    return run_line


@pytest.mark.parametrize('form', PATIENT)
def test_pipe_says_its_line_gets_the_replies_and_ends(room, shell, form):
    ann, = room.people('ann')
    output = shell(r"printf 'hi\n/version\n' | {}", *PATIENT[form])
    assert ann.barrier() == ['guest2: hi']
    assert output.startswith('-- Welcome to prattle! You are guest2 in #lobby.')
    assert '\r\n-- prattle runs prattle' in output


@pytest.mark.parametrize('form', [*PATIENT, *HASTY])
def test_pipe_says_its_line(room, shell, form):
    ann, = room.people('ann')
    shell(r"printf 'hi\n' | {}", *{**PATIENT, **HASTY}[form])
    ann.expect_next('guest2: hi')
    wait_until(lambda: ann.people() == 1, 'the client to be gone')


@pytest.mark.parametrize('form', PATIENT)
def test_pipe_says_a_line_without_an_end(room, shell, form):
    ann, = room.people('ann')
    shell("printf 'hi' | {}", *PATIENT[form])
    ann.expect_next('guest2: hi')


@pytest.mark.parametrize('name', STUBBORN)
def test_pipe_with_quit_ends(room, shell, name):
    ann, = room.people('ann')
    output = shell(r"printf 'hi\n/quit\n' | {}", name)
    ann.expect_next('guest2: hi')
    # The others do not wait for answers when their input has ended.
    if name not in ('busybox telnet', 'socat'):
        assert output.endswith('-- Goodbye!\r\n')


def test_pipe_of_bash(room, need):
    ann, = room.people('ann')
    line = f'echo deploy done >/dev/tcp/{HOST}/{room.port}'
    subprocess.run([need('bash'), '-c', line], timeout=DEADLINE, check=True)
    ann.expect_next('guest2: deploy done')


@pytest.mark.parametrize('form', [*PATIENT, *HASTY])
def test_pipe_of_many_lines(room, shell, form):
    ann, = room.people('ann')
    shell('seq 3000 | {}', *{**PATIENT, **HASTY}[form])
    room.wait_log('conn 2: disconnect: ')
    assert ann.barrier() == [f'guest2: {n}' for n in range(1, 3001)]


def test_unix_socket_with_nc(prattled, tmp_path, need):
    path = tmp_path / 'room'
    room = prattled(f'[listen main]\naddress = unix:{path}\n')
    room.wait_log('listening on unix:')
    ann = room.connect(path)
    done = subprocess.run([need('nc.openbsd'), '-NU', path], input=b'hi\n',
                          stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
    assert b'You are guest2 in #lobby' in done.stdout
    assert ann.barrier() == ['guest2: hi']


@pytest.mark.parametrize('name', PLAIN)
def test_recorded_session_is_nothing_but_text(room, in_pipe, name):
    # A second one says everything that could do harm, and speaks telnet.
    client = in_pipe(name)
    client.stdin.write(b'/nick bob\n/help\n/who\n/nonsense\n')
    client.stdin.flush()
    eve = room.connect()
    every = bytes(range(256))
    eve.send_bytes(every + b'\n' + b'\n'.join(every[n:n + 1] for n in range(256)))
    eve.send_bytes(b'\r\n\xff\xfb\x18\xff\xfd\x01\xff\xf6\xff\xff\xff\xf6\n')
    eve.send_bytes(b'/topic ' + every.replace(b'\r', b'').replace(b'\n', b'') + b'\n')
    eve.send_bytes(b'/me \x1b[2J\xc2\x9b2J\xe2\x80\xaeabc\xff\xf9\nthe end\n')
    eve.send('/quit \x1b]0;owned\x07bye')
    eve.expect_bytes(b'Goodbye!\r\n')
    ann = room.connect()
    ann.barrier()
    client.stdin.write('héllo ☃ 日本語\n/quit\n'.encode())
    client.stdin.close()
    record = client.stdout.read()
    assert client.wait(DEADLINE) == 0
    assert b'Goodbye!' in record and b'the end' in record
    assert 0xFF not in record
    assert not [byte for byte in record if byte < 0x20 and byte not in b'\r\n\t']
    for line in record.decode().split('\r\n'):
        assert not UNCLEAN.search(line), line
