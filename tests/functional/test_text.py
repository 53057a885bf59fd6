# SPDX-License-Identifier: ISC
"""Whatever a person sends, others get text: on a screen, in a file, in the log."""

import re
import unicodedata

import pytest

from harness import (AYT, BINARY, DO, ECHO, IAC, NAWS, SB, SE, SGA, TTYPE, UNCLEAN, WILL,
                     TelnetClient)

MARKS_MAX = 16

# What is sent, and what of it may arrive.
TEXTS = {
    'C0': (b'a' + bytes(c for c in range(1, 32) if c not in (8, 9, 10, 13, 27)) + b'b', 'ab'),
    'NUL': (b'a\0b', 'ab'),
    'tab': (b'a\tb', 'a b'),
    'DEL': (b'ab\x7f', 'ab'),
    'CSI': (b'a\x1b[2J\x1b[31mb\x1b[0m', 'ab'),
    'title': (b'a\x1b]0;pwned\x07b\x1b]2;again\x1b\\c', 'abc'),
    'answer back': (b'a\x1b[c\x1b[6n\x1bZb\x1bP+q544e\x1b\\c', 'abc'),
    'bare ESC': (b'a\x1b', 'a'),
    'C1 in UTF-8': ('a' + ''.join(map(chr, (*range(0x80, 0x90), 0x99, 0x9c))) + 'b', None),
    'C1 CSI in UTF-8': ('a\x9b2Jb', 'ab'),
    'C1 title in UTF-8': ('a\x9d0;pwned\x9cb', 'ab'),
    'C1 as bytes': (b'a\x9b2Jb\x90c\x85d', 'a\ufffd2Jb\ufffdc\ufffdd'),
    'C1 in seven bits': (b'a\x1bE\x1bM\x1bDb', 'ab'),
    'bidi overrides': ('a\u202eb\u202dc\u202ad\u202be\u202cf', 'abcdef'),
    'bidi isolates': ('a\u2066b\u2067c\u2068d\u2069e', 'abcde'),
    'separators': ('a\u2028b\u2029c', 'a b c'),
    'marks': ('a' + '\u0301' * 100 + 'b', 'a' + '\u0301' * MARKS_MAX + 'b'),
    'marks of two kinds': ('a' + '\u0301\u0489' * 50, 'a' + '\u0301\u0489' * (MARKS_MAX // 2)),
    'overlong': (b'a\xc0\xafb\xe0\x80\xafc', 'a\ufffd\ufffdb\ufffd\ufffd\ufffdc'),
    'surrogate': (b'a\xed\xa0\x80b', 'a\ufffd\ufffd\ufffdb'),
    'above Unicode': (b'a\xf4\x90\x80\x80b', 'a' + '\ufffd' * 4 + 'b'),
    'cut character': (b'a\xe2\x82', 'a\ufffd'),
    'Latin-1': (b'caf\xe9 au lait', 'caf\ufffd au lait'),
    'no bytes of UTF-8': (b'a\xfe\xff\xf8b', 'a\ufffd\ufffd\ufffdb'),
    'notice of the server': (b'\x1b[1G\x1b[K-- ann is an operator', '-- ann is an operator'),
}

# What the daemon itself sends to a terminal: colours, and how it redraws a line.
OURS = re.compile('\x1b\\[(?:[0-9;]*m|K|J|[0-9]*[ABCD]|\\?2004[hl])|\r|\a')
TELNET = re.compile(rb'\xff(?:[\xfb-\xfe].|\xfa[^\xff]*\xff\xf0|[\xec-\xf9])', re.DOTALL)


def sb(option, *data):
    return bytes([IAC, SB, option, *data, IAC, SE])


def terminal(name):
    """The answers of a client with a window."""
    return {
        bytes([DO, BINARY]): bytes([IAC, WILL, BINARY]),
        bytes([DO, NAWS]): bytes([IAC, WILL, NAWS]) + sb(NAWS, 0, 250, 0, 24),
        bytes([DO, TTYPE]): bytes([IAC, WILL, TTYPE]),
        bytes([SB, TTYPE, 1, IAC, SE]): sb(TTYPE, 0, *name),
        bytes([WILL, ECHO]): bytes([IAC, DO, ECHO]),
        bytes([WILL, SGA]): bytes([IAC, DO, SGA]),
    }


def most_marks(text):
    """The longest row of combining marks."""
    rows, row = [0], 0
    for char in text:
        row = row + 1 if unicodedata.category(char) in ('Mn', 'Me') else 0
        rows.append(row)
    return max(rows)


def shown(client):
    """All lines that ever came, without what the daemon makes a terminal do."""
    return OURS.sub('', TELNET.sub(b'', bytes(client.raw)).decode()).split('\n')


def assert_clean(client):
    """Nothing that ever came acts instead of being shown."""
    __tracebackhide__ = True
    for line in shown(client):
        assert not UNCLEAN.search(line), f'{line!r}'
        assert most_marks(line) <= MARKS_MAX, f'{line!r}'


@pytest.fixture
def receivers(house):
    """Those who listen, by the way they do; and a door where every byte is text."""
    house.receivers = {
        'plain': house.connect(),
        'telnet': house.connect(('127.0.0.1', house.door['telnet']), kind=TelnetClient),
        'editor': house.connect(('127.0.0.1', house.door['telnet']), kind=TelnetClient,
                                answers=terminal(b'xterm'), greet=False),
        'reader': house.connect(('127.0.0.1', house.door['telnet']), kind=TelnetClient,
                                answers=terminal(b'xterm'), greet=False),
    }
    house.receivers['editor'].expect_bytes(b'\r#lobby> \x1b[K')
    reader = house.receivers['reader']
    reader.expect_bytes(b'\r#lobby> \x1b[K')
    reader.send('/set reader on')
    reader.expect_bytes(b'reader')
    reader.send('/uptime')
    reader.expect_bytes(b'lines said')
    return house


def sent(text):
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize('text, wanted', TEXTS.values(), ids=TEXTS)
def test_everybody_gets_clean_text(receivers, text, wanted):
    eve = receivers.connect()
    eve.send_bytes(sent(text) + b'\nthe end\n')
    for name, client in receivers.receivers.items():
        client.expect_bytes(b': the end\r\n')
        assert_clean(client)
        said = [line for line in shown(client) if f'{eve.nick}: ' in line]
        if wanted is not None:
            assert said[0].partition(f'{eve.nick}: ')[2] == wanted, name
        assert len(said) == 2


@pytest.mark.parametrize('command', [
    'me', 'msg guest1', 'topic', 'away', 'join', 'nick', 'whois', 'help', 'set', 'zone',
    'ignore', 'part', 'quit', '', 'nonsense', 'history', 'timestamp', 'oper', 'kick'])
def test_commands_hand_on_clean_text(receivers, command):
    for text, _ in TEXTS.values():
        eve = receivers.connect()
        eve.send_bytes(f'/{command} '.encode() + sent(text) + b'\nthe end\n\n')
        eve.end_input()
        eve.expect_end()
        assert_clean(eve)
    for client in receivers.receivers.values():
        client.send('/who')
        client.send('/uptime')
        client.expect_bytes(b'lines said')
        assert_clean(client)
    late = receivers.connect()
    late.barrier()  # which has checked what is remembered, line by line
    receivers.stop()
    assert re.fullmatch(b'[\n -~]*', receivers.log_file.read_bytes())


def test_what_looks_like_a_record_of_the_log_is_none(receivers):
    eve = receivers.connect()
    eve.send_bytes(b'/oper x\xc2\x85\xe2\x80\xa8\x1bE2026-11-21\n'
                   b'\r\n2026-11-21 00:00:00 error: forged\n')
    eve.send_bytes(b'/oper x\r2026-11-21 00:00:00 error: forged\n')
    eve.send_bytes(b'\n')  # calls off what is asked again and again
    eve.barrier()
    eve.send('/nick eve')
    eve.barrier()
    receivers.stop()
    assert 'rename: guest5 -> eve' in receivers.log()
    for line in receivers.log_file.read_bytes().split(b'\n')[:-1]:
        assert re.match(rb'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:notice|info|warning): ', line)


def test_marks_do_not_pile_up_over_lines_or_names(room):
    # What begins with marks would sit on the character before: that of its frame.
    ann, bob = room.people('ann', 'bob')
    ann.send('\u0301' * 100, '/me ' + '\u0301' * 100, '/topic ' + '\u0301' * 100)
    ann.barrier()
    for line in bob.barrier():
        assert most_marks(line) <= MARKS_MAX
