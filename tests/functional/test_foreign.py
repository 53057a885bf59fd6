# SPDX-License-Identifier: ISC
"""Peers that take the daemon for something else learn it, and the room does not."""

import subprocess

import pytest

from harness import DEADLINE, Client, TelnetClient, assert_silence, heard

HTTP_ANSWER = (
    b'HTTP/1.1 400 Bad Request\r\n'
    b'Content-Type: text/plain; charset=utf-8\r\n'
    b'Content-Length: %d\r\n'
    b'X-Content-Type-Options: nosniff\r\n'
    b'Connection: close\r\n'
    b'\r\n')

HTTP_TEXT = (
    b'This is prattle, a chat room and no web page. Enter it from a terminal,\r\n'
    b'with the host and the port that brought you here:\r\n'
    b'\r\n'
    b'    telnet HOST PORT\r\n')

HTTP = HTTP_ANSWER % len(HTTP_TEXT) + HTTP_TEXT
TLS = bytes([21, 3, 1, 0, 2, 2, 40])
SSH = b'This is prattle, a chat room for telnet and nc, and no SSH server.\r\n'
PROXY = (b'This is prattle. It does not speak the PROXY protocol; turn it off for this '
         b'server.\r\n')

HELLO = bytes([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]) + b'/quit\n' * 31

PROXY_2 = b'\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c' + bytes(range(12)) + b'hello\n'

# What comes, how it is answered, and what the log calls it.
PEERS = {
    'browser': (b'GET / HTTP/1.1\r\nHost: x\r\n\r\n', HTTP, 'HTTP'),
    'form': (b'POST /x HTTP/1.1\r\nContent-Length: 12\r\n\r\nhello\n/quit\n', HTTP, 'HTTP'),
    'proxy for HTTP': (b'CONNECT example.org:25 HTTP/1.0\r\n\r\n', HTTP, 'HTTP'),
    'TLS': (HELLO, TLS, 'TLS'),
    'SSH': (b'SSH-2.0-OpenSSH_9.2\r\n', SSH, 'SSH'),
    'PROXY 1': (b'PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\nhello\n', PROXY, 'PROXY protocol'),
    'PROXY 2': (PROXY_2, PROXY, 'PROXY protocol'),
}


def read_all(client):
    """All that ever comes, text or not."""
    __tracebackhide__ = True
    while client.receive():
        pass
    return bytes(client.raw)


def assert_foreign(room, conn, name):
    __tracebackhide__ = True
    room.wait_log(f'conn {conn}: speaks {name}$')
    room.wait_log(rf'conn {conn}: disconnect: another protocol \(guest\d+, 0 lines')
    assert room.ends()['another protocol'] == conn - 1


@pytest.mark.parametrize('sent, answer, name', PEERS.values(), ids=PEERS)
def test_other_protocols_are_answered_in_their_manner(room, sent, answer, name):
    bob, = room.people('bob')
    # Who has sent nothing but ends of lines is soon taken for a person: not only these.
    head = len(sent) - len(sent.lstrip(b'\r\n')) + 1
    dribble = [sent[:head], *(sent[n:n + 1] for n in range(head, len(sent)))]
    for conn, pieces in (2, [sent]), (3, dribble):
        peer = room.connect()
        del peer.raw[:]
        for piece in pieces:
            try:
                peer.send_bytes(piece)
            except ConnectionError:  # it was enough
                break
        assert read_all(peer) == answer
        assert_foreign(room, conn, name)
        assert_silence(bob, bob)


@pytest.mark.parametrize('program, options, name', [
    ('curl', ['--no-progress-meter', '--http0.9', 'http://127.0.0.1:{}/x'], 'HTTP'),
    ('curl', ['--no-progress-meter', '-k', 'https://127.0.0.1:{}/x'], 'TLS'),
    ('openssl', ['s_client', '-connect', '127.0.0.1:{}'], 'TLS'),
    ('ssh', ['-F', 'none', '-o', 'BatchMode=yes', '-p', '{}', '127.0.0.1'], 'SSH'),
], ids=['http', 'https', 'openssl', 'ssh'])
def test_real_clients_of_other_protocols_give_up(room, need, program, options, name):
    bob, = room.people('bob')
    done = subprocess.run(
        [need(program), *(word.format(room.port) for word in options)],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE, check=False)
    if name == 'HTTP':
        assert done.stdout.endswith(HTTP)
    else:
        assert done.returncode != 0
    assert_foreign(room, 2, name)
    assert_silence(bob, bob)


@pytest.mark.parametrize('line', [
    'GET a life', 'GET /etc/motd please', 'OPTIONS are good', 'SSH-keys, anyone?',
    'PROXY wars', 'PROXY TCP is slow', 'G', 'HEAD', 'SSH-2.0'])
def test_what_only_begins_like_another_protocol_is_said(room, line):
    ann, bob = room.connect(), room.connect()
    ann.send(line, 'GET / HTTP/1.1')
    # Once he is known, anything is text.
    assert heard(ann, bob) == [[f'guest1: {line}', 'guest1: GET / HTTP/1.1']]


def test_who_dribbles_is_waited_for(room):
    bob, = room.people('bob')
    ann = room.connect()
    for piece in b'G', b'E', b'T ', b'/etc':
        ann.send_bytes(piece)
        assert_silence(bob, bob)
    ann.send('/motd is fine')
    assert heard(ann, bob) == [['guest2: GET /etc/motd is fine']]


@pytest.mark.parametrize('first', [b'\r\n', b'\r\n\r\n'])
def test_who_types_nothing_but_enter_is_taken_for_a_person(room, first):
    # The PROXY protocol begins like that.
    ann = room.connect(kind=TelnetClient)
    ann.send_bytes(first)
    while not ann.commands:
        data = Client.receive(ann)
        assert data, 'closed'
        ann.split(data)


def test_what_is_still_undecided_at_the_end_is_said(room):
    bob, = room.people('bob')
    for text in 'GE', 'SSH-', 'PROXY ':
        ann = room.connect()
        ann.send_bytes(text.encode())
        ann.end_input()
        ann.expect_end()
        bob.expect_next(f'{ann.nick}: {text}')


@pytest.mark.parametrize('speak', ['auto', 'telnet', 'line'])
def test_every_door_knows_them(prattled, speak):
    room = prattled(f'[listen main]\naddress = 127.0.0.1:0\nspeak = {speak}\n')
    peer = room.connect(greet=False)
    peer.send_bytes(b'GET / HTTP/1.1\r\n\r\n')
    assert read_all(peer).endswith(HTTP)
    room.wait_log('conn 1: speaks HTTP$')
