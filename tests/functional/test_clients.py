# SPDX-License-Identifier: ISC
"""The real clients, as people and scripts use them."""

import shlex
import subprocess

import pexpect
import pytest

from clients import (COMMANDS, EDITED, GREETING, HOST, SHOWN, TELNETS,
                     TYPED)
from harness import DEADLINE, wait_until


# At a terminal


def chat_both_ways(ann, client, name):
    """Ann and the client talk; the first line of a telnet makes it known as such."""
    client.send_command('/nick bob')
    client.expect_rename('bob')
    if name in EDITED:
        client.expect_prompt()
    typed = TYPED.get(name, GREETING)
    client.sendline(typed)
    ann.expect_next(f'bob: {typed}')
    ann.send(SHOWN.get(name, GREETING))
    client.expect_said('ann', SHOWN.get(name, GREETING))
    client.sendline('bye')
    ann.expect_next('bob: bye')


@pytest.mark.parametrize('name', COMMANDS)
def test_client_chats_both_ways(house, at_terminal, name):
    ann, = house.people('ann')
    client = at_terminal(house.door['auto'], name)
    chat_both_ways(ann, client, name)


# curl speaks telnet when it is spoken to, and has no window.
@pytest.mark.parametrize('name', [*TELNETS, 'curl'])
def test_telnet_client_chats_where_telnet_is_spoken_at_once(house, at_terminal, name):
    ann, = house.people('ann')
    client = at_terminal(house.door['telnet'], name)
    chat_both_ways(ann, client, name)


# There plink's offers are bytes of its first line, and not for the room.
@pytest.mark.parametrize('name', COMMANDS)
def test_client_chats_where_no_telnet_is_spoken(house, at_terminal, recorder, name):
    ann, = house.people('ann')
    proxy = recorder((HOST, house.door['line']))
    client = at_terminal(proxy.port, name)
    client.sendline()
    client.send_command('/nick bob')
    client.expect_rename('bob')
    client.sendline('hello')
    ann.expect('^bob: hello$')
    ann.send('hello yourself')
    client.expect_said('ann', 'hello yourself')
    assert 0xFF not in proxy.to_client and b'\x1b' not in proxy.to_client


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

# Of those who end their input line themselves, and of plink, whose ^C ends it.
HABITS = {
    'inetutils-telnet': {
        '/quit': QUIT,
        '^D': [key('d'), seen('Goodbye!')],
        '^] quit': [key(']'), seen('telnet>'), words('quit')],
    },
    'telnet-ssl': {
        '/quit': QUIT,
        '^D': [key('d'), seen('Goodbye!')],
        '^] quit': [key(']'), seen('telnet-ssl>'), words('quit')],
    },
    'busybox telnet': {
        '/quit': QUIT,
        '^D': [key('d')],
        '^C e': [key('c'), seen('exit telnet'), words('e')],
    },
    'tf5': {
        '/quit, its own': [words('/quit')],
        '/quit, both': [words('/send /quit'), seen('Goodbye!'), words('/quit')],
        '^C x': [key('c'), seen('X\\) exit'), words('x')],
    },
    'tt++': {
        '/quit': [*QUIT, seen("'room' DIED"), words('#end')],
        '^D': [key('d'), seen("'room' DIED"), words('#end')],
        '#end': [words('#end')],
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
    'plink -raw': {
        '/quit, and more': [*QUIT, type_on],
        '^C': [key('c')],
        '^D': [key('d')],
    },
    'curl': {
        '/quit, and more': [*QUIT, type_on],
        '^C': [key('c')],
    },
}

# Where the daemon edits the line, every key but the client's own is for the daemon.
HABITS_EDITED = {
    'inetutils-telnet': {
        '/quit': QUIT,
        '^D': [key('d'), seen('Goodbye!')],
        '^] quit': [key(']'), seen('telnet>'), words('quit')],
    },
    'telnet-ssl': {
        '/quit': QUIT,
        '^D': [key('d'), seen('Goodbye!')],
        '^] quit': [key(']'), seen('telnet-ssl>'), words('quit')],
    },
    'busybox telnet': {
        '/quit': QUIT,
        '^D': [key('d'), seen('Goodbye!')],
        '^] e': [key(']'), seen('exit telnet'), words('e')],
    },
    'plink -telnet': {
        '/quit': QUIT,
        '^D': [key('d'), seen('Goodbye!')],
    },
}


def all_of(habits):
    return [(name, habit) for name in habits for habit in habits[name]]


def check_end(house, ann, client):
    client.expect(pexpect.EOF)
    house.wait_log('conn 2: disconnect: ')
    wait_until(lambda: ann.people() == 1, 'the client to be gone')


@pytest.mark.parametrize('name, habit', all_of(HABITS))
def test_client_quits_by_its_own_habit(house, at_terminal, name, habit):
    ann, = house.people('ann')
    client = at_terminal(house.door['auto'], name)
    for act in HABITS[name][habit]:
        act(client)
    check_end(house, ann, client)


@pytest.mark.parametrize('name, habit', all_of(HABITS_EDITED))
def test_client_quits_while_the_daemon_edits(house, at_terminal, name, habit):
    ann, = house.people('ann')
    client = at_terminal(house.door['telnet'], name)
    client.expect_prompt()
    for act in HABITS_EDITED[name][habit]:
        act(client)
    check_end(house, ann, client)


@pytest.mark.parametrize('name', COMMANDS)
def test_window_of_a_client_is_closed(house, at_terminal, name):
    ann, = house.people('ann')
    client = at_terminal(house.door['auto'], name)
    client.sendline('soon gone')
    ann.expect('soon gone$')
    client.close(force=True)
    house.wait_log('conn 2: disconnect: ')
    wait_until(lambda: ann.people() == 1, 'the client to be gone')


# Through pipes

# They end their input when it is at its end, and wait for the answers.
PATIENT = {
    'nc -N': ('nc.openbsd', '-N'),
    'nc -q1': ('nc.openbsd', '-q1'),
    'busybox nc': ('busybox nc',),
    'ncat': ('ncat',),
    'socat -t60': ('socat', '-t60'),
    'plink -raw': ('plink -raw',),
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
            'plink -raw', 'busybox telnet']


@pytest.fixture
def shell(room, command):
    """Run a line of shell in which {} is a client: what it printed, once it ended."""

    def run_line(text, *client):
        words = shlex.join(command(room.port, *client))
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
