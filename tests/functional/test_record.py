# SPDX-License-Identifier: ISC
"""Sessions of plain clients, recorded byte for byte: they hold nothing but text."""

import subprocess

import pytest

from clients import GREETING, HOST, PLAIN
from harness import (AYT, DEADLINE, DO, ECHO, IAC, NAWS, SB, SE, TTYPE, UNCLEAN, WILL,
                     TelnetClient)


@pytest.fixture
def in_pipe(house, command):
    """Start a client between two pipes."""
    started = []

    def start(name, *options):
        client = subprocess.Popen(
            command(house.door['auto'], name, *options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(client)
        return client

    yield start
    for client in started:
        client.kill()
        client.wait()
        client.stdin.close()
        client.stdout.close()


def check_clean(record):
    """It holds nothing that could do anything to a terminal, and nothing of telnet."""
    __tracebackhide__ = True
    assert 0xFF not in record
    assert not [byte for byte in record if byte < 0x20 and byte not in b'\r\n\t']
    for line in record.decode().split('\r\n'):
        assert not UNCLEAN.search(line), line


def speak_telnet(house):
    """Somebody in colours, whose line is edited, and who wants all there is."""
    tom = house.connect((HOST, house.door['auto']), kind=TelnetClient)
    window = [0, 80, 0, 24]
    tom.send_bytes(bytes([IAC, WILL, TTYPE, IAC, SB, TTYPE, 0, *b'XTERM-256COLOR', IAC, SE,
                          IAC, WILL, NAWS, IAC, SB, NAWS, *window, IAC, SE, IAC, AYT,
                          IAC, DO, ECHO, IAC, DO, 3, IAC, DO, 25]))
    tom.send('/nick tom', '/bell all', 'what I say is text')
    tom.expect_bytes(b'what I say')
    return tom


def speak_evil(house):
    """Somebody who says everything that could do harm."""
    eve = house.connect()
    every = bytes(range(256))
    eve.send_bytes(every + b'\n' + b'\n'.join(every[n:n + 1] for n in range(256)))
    eve.send_bytes(b'\r\n\xff\xfb\x18\xff\xfd\x01\xff\xf6\xff\xff\xff\xf6\n')
    eve.send_bytes(b'/topic ' + every.replace(b'\r', b'').replace(b'\n', b'') + b'\n')
    eve.send_bytes(b'/me \x1b[2J\xc2\x9b2J\xe2\x80\xaeabc\xff\xf9\nthe end\n')
    eve.send('/quit \x1b]0;owned\x07bye')
    eve.expect_bytes(b'Goodbye!\r\n')


# All that there is to be seen.
VISIT = '''/nick bob
/help
/help join
/who
/rooms
/set
/timestamp full
/topic
/topic Tea at four
/join #den
hello den
/me waves
/msg bob hello me
/msg nobody hi
/whois bob
/history
/motd
/version
/uptime
/away tea
/back
/ignore nobody
/part
/nonsense
'''


@pytest.mark.parametrize('name', PLAIN)
def test_recorded_session_is_nothing_but_text(house, in_pipe, name):
    client = in_pipe(name)
    client.stdin.write(VISIT.encode())
    client.stdin.flush()
    house.wait_log('rename: guest1 -> bob')
    speak_telnet(house)
    speak_evil(house)
    ann = house.connect()
    ann.send('bob, ' + GREETING, '/msg bob psst')
    ann.barrier()
    client.stdin.write('héllo ☃ 日本語\n/quit\n'.encode())
    client.stdin.flush()
    house.wait_log('conn 1: disconnect: quit')
    client.stdin.close()
    record = client.stdout.read()
    assert client.wait(DEADLINE) == 0
    assert b'Goodbye!' in record and b'the end' in record
    assert b'tom: what I say is text' in record and f'bob, {GREETING}'.encode() in record
    check_clean(record)


# A visit as it comes over the wire, to the byte. Who it is goes before each line: what
# bob sends, what ann does meanwhile, and what bob is sent.
CONVERSATION = f'''
bob </nick bob
bob >-- guest2 is now bob
ann <{GREETING}
bob >ann: {GREETING}
bob <{GREETING}
ann </me waves
bob >* ann waves
ann </msg bob psst, bob
bob >[ann] psst, bob
bob </who
bob >-- #lobby (2):
bob >-- ann  bob
ann </topic Tea at four
bob >-- ann set the topic of #lobby: Tea at four
bob </join #den
bob >-- You are talking in #den now.
bob >-- In #den: nobody but you
ann </join #den
bob >-- ann has joined #den
ann <hello, bob
bob >ann: hello, bob
ann </nick anna
bob >-- ann is now anna
ann </part
bob >-- anna has left #den
ann <still here
bob >#lobby anna: still here
bob </quit
bob >-- Goodbye!
'''

WELCOME = '''-- Welcome to prattle! You are guest2 in #lobby. Type to talk, /help for more.
-- In #lobby: ann and you
'''


@pytest.mark.parametrize('name', PLAIN)
def test_recorded_session_to_the_byte(prattled, at_terminal, recorder, name):
    room = prattled(settle='0')
    ann, = room.people('ann')
    proxy = recorder(room.address)
    client = at_terminal(proxy.port, name)
    wanted = WELCOME.replace('\n', '\r\n').encode()
    for line in CONVERSATION.strip().split('\n'):
        who, way, text = line[:3], line[4], line[5:]
        if way == '>':
            wanted += text.encode() + b'\r\n'
            proxy.wait(wanted)
        elif who == 'ann':
            ann.ask(text)
        else:
            client.sendline(text)
    proxy.wait_end()
    assert proxy.to_client == wanted
    check_clean(proxy.to_client)
