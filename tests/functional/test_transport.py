# SPDX-License-Identifier: ISC
"""From bytes to lines and back: line ends, text, telnet, and how connections end."""

import os
import socket
import struct

import pytest

from harness import (AYT, BINARY, BRK, CHARSET, DM, DO, DONT, EC, ECHO, EL, EOF, EOR,
                     IAC, IP, NAWS, NO_QUARANTINE, NOP, SB, SE, SGA, SUSP, TIMING_MARK,
                     TTYPE, UPTIME, WILL, WONT, TelnetClient, assert_silence, connect,
                     heard, peak, stopped, wait_until)

ENDS = {'LF': b'\n', 'CR LF': b'\r\n', 'CR NUL': b'\r\0', 'CR': b'\r'}


def send_in_pieces(client, *pieces):
    """Send so that the daemon reads each piece by itself."""
    for piece in pieces:
        client.send_bytes(piece)
        # Nagle is off: a segment is sent at once, and is read when somebody else
        # has got an answer to a question asked later.
        client.friend.barrier()


@pytest.fixture(params=['plain', 'telnet'])
def trio(room, request):
    """One who sends, with a friend for timing, and one who listens."""
    ann = room.connect(kind=TelnetClient)
    ann.tell(*{'plain': (), 'telnet': (IAC, NOP)}[request.param])
    ann.rename('ann')
    friend, bob = room.people('friend', 'bob')
    ann.friend = friend
    bob.room = room
    return ann, bob


# Lines


@pytest.mark.parametrize('end', ENDS.values(), ids=ENDS)
def test_line_ends(trio, end):
    ann, bob = trio
    ann.send_bytes(end.join([b'one', b'two', b'', b'three', b'']))
    assert heard(ann, bob) == [['ann: one', 'ann: two', 'ann: three']]
    ann.end_input()
    ann.expect_end()
    # Its name, four lines and the questions of two barriers: none came out as two.
    bob.room.wait_log(r'conn 1: disconnect: .* \(ann, 7 lines')
    assert IAC not in bob.raw


@pytest.mark.parametrize('end', [b'\r\n', b'\r\0'], ids=['CR LF', 'CR NUL'])
def test_telnet_is_shown_by_the_end_of_the_first_line_alone(room, end):
    # A later one may be pasted into nc from a file of another system.
    for first, is_telnet in (b'one\n', False), (b'\n', False), (b'one' + end, True):
        ann = room.connect(kind=TelnetClient)
        ann.send_bytes(first + b'two' + end + b'three' + end)
        ann.barrier()
        assert bool(ann.commands) == is_telnet


@pytest.mark.parametrize('end', ENDS.values(), ids=ENDS)
def test_line_ends_cut_anywhere(trio, end):
    ann, bob = trio
    text = 'né'.encode() + end + b'b' + end
    for cut in range(1, len(text)):
        send_in_pieces(ann, text[:cut], text[cut:])
        assert heard(ann, bob) == [['ann: né', 'ann: b']]
    send_in_pieces(ann, *(text[n:n + 1] for n in range(len(text))))
    assert heard(ann, bob) == [['ann: né', 'ann: b']]


def test_line_ends_mixed(trio):
    ann, bob = trio
    ann.send_bytes(b'a\rb\nc\r\nd\r\0e\n\rf\n')
    assert heard(ann, bob) == [[f'ann: {c}' for c in 'abcdef']]


def test_nul_inside_a_line_is_dropped(trio):
    ann, bob = trio
    ann.send_bytes(b'a\0b\n')
    bob.expect_next('ann: ab')


def test_output_ends_with_cr_lf(room):
    # Every line that a Client reads is checked for it; here is all there is.
    ann, = room.people('ann')
    ann.ask('/help')
    assert ann.raw.count(b'\n') == ann.raw.count(b'\r\n') == ann.raw.count(b'\r')


def test_unfinished_line_is_said_at_the_end_of_input(trio):
    ann, bob = trio
    ann.send_bytes(b'one\nunfinished')
    ann.end_input()
    ann.expect_end()
    assert bob.barrier() == ['ann: one', 'ann: unfinished']


# Too long


@pytest.mark.parametrize('extra', [0, 1, 2, 1000, 100000])
def test_long_line_is_cut_and_its_sender_is_told(prattled, extra):
    room = prattled('[limits]\nline_length = 100\n')
    ann, bob = room.people('ann', 'bob')
    ann.send('x' * (100 + extra), 'next')
    told = ['!! That line was cut after 100 bytes.'] if extra else []
    assert ann.barrier() == told
    assert bob.barrier() == ['ann: ' + 'x' * 100, 'ann: next']


@pytest.mark.parametrize('char', ['é', '☃', '😀'])
def test_long_line_is_cut_at_a_whole_character(prattled, char):
    room = prattled('[limits]\nline_length = 100\n')
    ann, bob = room.people('ann', 'bob')
    size = len(char.encode())
    for before in range(size):
        ann.send('x' * before + char * 200)
        fit = (100 - before) // size
        assert ann.barrier() == [
            f'!! That line was cut after {before + fit * size} bytes.']
        assert bob.barrier() == ['ann: ' + 'x' * before + char * fit]


@pytest.fixture
def frugal(prattled):
    """A daemon whose memory can be measured."""
    return prattled(env=NO_QUARANTINE)


def test_line_without_end_costs_no_memory(frugal):
    room = frugal
    ann, bob = room.people('ann', 'bob')
    memory = peak(room.pid)
    for _ in range(256):
        ann.send_bytes(b'x' * 65536)
    ann.send('')
    assert ann.barrier() == ['!! That line was cut after 4096 bytes.']
    assert bob.barrier() == ['ann: ' + 'x' * 4096]
    assert peak(room.pid) - memory < 4 << 20


# Text


@pytest.mark.parametrize('sent, seen', [
    (b'a\xffb', 'a\ufffdb'),
    (b'a\xc3', 'a\ufffd'),
    (b'\xc3(', '\ufffd('),
    (b'\xe2\x98', '\ufffd'),
    (b'\xe2\x98x', '\ufffdx'),
    (b'\xf0\x9f\x98', '\ufffd'),
    (b'\x80\xbf', '\ufffd\ufffd'),
    (b'\xc0\xaf', '\ufffd\ufffd'),
    (b'\xed\xa0\x80', '\ufffd\ufffd\ufffd'),
    (b'\xf4\x90\x80\x80', '\ufffd\ufffd\ufffd\ufffd'),
    (b'\xfe', '\ufffd'),
    ('a\ufffdb'.encode(), 'a\ufffdb'),
], ids=repr)
def test_invalid_utf8_is_replaced(prattled, sent, seen):
    # A listener for text alone: to others, FF begins a telnet command.
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nspeak = line\n')
    ann, bob = room.people('ann', 'bob')
    ann.send_bytes(sent + b'\n')
    bob.expect_next(f'ann: {seen}')


@pytest.mark.parametrize('sent, seen', [
    ('\x1b[31mred\x1b[0m', 'red'),
    ('\x1b[2J\x1b[Hx', 'x'),
    ('a\x1b[Ab', 'ab'),
    ('\x1bOAx', 'x'),
    ('\x1b]0;title\x07x', 'x'),
    ('\x1b]52;c;YQ==\x1b\\x', 'x'),
    ('\x1bPq\x1b\\x', 'x'),
    ('\x1b(0x', 'x'),
    ('\x1bcx', 'x'),
    ('x\x1b', 'x'),
    ('x\x1b[', 'x'),
    ('x\x1b[1;2', 'x1;2'),
    ('\x9b31mred', 'red'),
    ('\x9d0;title\x9cx', 'x'),
    ('a\x85b', 'ab'),
    ('\x07\x08x\x7f', 'x'),
    ('a\tb', 'a b'),
    ('a\x0b\x0cb', 'ab'),
    ('a\u202eb\u202c', 'ab'),
    ('a\u2066b\u2069', 'ab'),
    ('a\u2028b', 'a b'),
    ('\ufeffa', 'a'),
    ('👩\u200d👧', '👩\u200d👧'),
], ids=repr)
def test_controls_reach_nobody(room, sent, seen):
    ann, bob = room.people('ann', 'bob')
    ann.send(sent, f'/me {sent}', f'/msg bob {sent}', f'/topic {sent}')
    ann.barrier()
    assert bob.barrier() == [f'ann: {seen}', f'* ann {seen}', f'[ann] {seen}',
                             f'-- ann set the topic of #lobby: {seen}']
    bob.ask('/ignore ann')
    ann.send(f'/away {sent}', f'/quit {sent}')
    ann.expect_end()
    bob.barrier()
    newcomer = room.connect(greet=False)
    newcomer.expect(f'^-- Topic of #lobby: {seen}$')
    newcomer.expect(f'^ann: {seen}$')


def test_lone_controls_of_the_sender_stay_with_him(room):
    # Errors repeat what was typed; they are cleaned as well (a Client checks).
    ann, = room.people('ann')
    for command in 'msg', 'join', 'whois', 'set', 'help', 'ignore', 'history', 'nick':
        assert ann.ask(f'/{command} \x1b[31m\x9bx\x07\u202e x y')


@pytest.mark.parametrize('speak', ['auto', 'line'])
def test_all_byte_values_harm_nobody(prattled, speak):
    room = prattled(f'[listen main]\naddress = 127.0.0.1:0\nspeak = {speak}\n')
    ann, bob = room.people('ann', 'bob')
    every = bytes(range(256))
    for first in every:
        with room.connect() as eve:
            eve.send_bytes(bytes([first]) + every + bytes([IAC, SE]) + b'\n')
            eve.end_input()
            while eve.receive():
                pass
    for line in bob.barrier():  # which a Client checks
        assert line.startswith('guest')
    ann.send('still here')
    assert heard(ann, bob) == [['ann: still here']]
    assert ann.people() == 2


def test_random_bytes_harm_nobody(room):
    bob, = room.people('bob')
    for _ in range(30):
        with room.connect() as eve:
            eve.send_bytes(os.urandom(20000))
            eve.end_input()
            while eve.receive():
                pass
        bob.barrier()
    assert bob.people() == 1


# Telnet

# What is offered as soon as there is evidence. BINARY comes first, and the CR last.
OFFER = bytes([IAC, DO, BINARY, IAC, DO, NAWS, IAC, DO, TTYPE, IAC, WILL, CHARSET]) + b'\r'


def test_no_telnet_for_who_sends_none(room):
    ann, bob = room.people('ann', 'bob')
    ann.send_bytes(b'a\nb\rc\n\n\rd\0\n\xf0\xf6\xfb\xfe\x04\n')
    for command in '/help', '/who', '/set', '/nick ü', '/quit':
        ann.send(command)
    ann.expect_end()
    bob.barrier()
    assert IAC not in ann.raw and IAC not in bob.raw


@pytest.mark.parametrize('evidence', [
    b'hi\r\n', b'hi\r\0', bytes([IAC, DO, TIMING_MARK]), bytes([IAC, AYT]),
    bytes([IAC, WILL, 200]), bytes([IAC, NOP]),
], ids=repr)
def test_evidence_is_answered_by_one_offer(room, evidence):
    ann = room.connect(kind=TelnetClient)
    before = len(ann.raw)
    for _ in range(3):
        ann.send_bytes(evidence)
        ann.barrier()
    assert ann.raw[before:].startswith(OFFER)
    assert ann.raw.count(OFFER[:3]) == 1


def test_telnet_listener_offers_at_once(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nspeak = telnet\n')
    ann = room.connect(kind=TelnetClient)
    assert ann.raw.startswith(OFFER + b'-- Welcome to prattle!')
    assert ann.tell(IAC, DO, TIMING_MARK, *b'\r\n') == [bytes([WILL, TIMING_MARK])]


def test_telnet_of_one_is_not_sent_to_another(room):
    ann, bob = room.connect(kind=TelnetClient).rename('ann'), room.connect()
    assert ann.tell(IAC, DO, ECHO, IAC, WILL, NAWS, IAC, AYT, IAC, DO, TIMING_MARK)
    ann.send_bytes(b'\xff\xff\xff\xff\n')
    assert heard(ann, bob) == [['ann: \ufffd\ufffd']]
    assert IAC not in bob.raw


def test_line_listener_takes_no_telnet(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nspeak = line\n')
    ann, = room.people('ann')
    ann.send_bytes(bytes([IAC, DO, ECHO, IAC, AYT, IAC, EOF]) + b'\r\nhi\r\0')
    ann.barrier()
    assert IAC not in ann.raw and b'Yes' not in ann.raw


def answers_to(verb, option):
    """What the first request for an option is answered with, behind the offer."""
    if (verb, option) in ((WILL, BINARY), (WILL, NAWS)):
        return []  # they agree to it
    if (verb, option) == (WILL, TTYPE):
        return [bytes([SB, TTYPE, 1, IAC, SE])]
    if (verb, option) == (DO, CHARSET):
        return [bytes([SB, CHARSET, 1]) + b';UTF-8' + bytes([IAC, SE])]
    if (verb, option) in ((DO, BINARY), (DO, EOR), (DO, TIMING_MARK)):
        return [bytes([WILL, option])]
    return [bytes([WONT if verb == DO else DONT, option])]


@pytest.mark.parametrize('verb', [DO, WILL])
def test_each_option_is_answered_once(room, verb):
    ann = room.connect(kind=TelnetClient)
    ann.tell(IAC, AYT)
    for option in range(256):
        assert ann.tell(IAC, verb, option) == answers_to(verb, option)
        again = ann.tell(IAC, verb, option, IAC, verb, option)
        assert again == ([bytes([WILL, option])] * 2
                         if (verb, option) == (DO, TIMING_MARK) else [])


@pytest.mark.parametrize('verb', [DONT, WONT])
def test_what_is_off_is_not_acknowledged(room, verb):
    ann = room.connect(kind=TelnetClient)
    ann.tell(IAC, AYT)
    for option in range(256):
        assert ann.tell(IAC, verb, option) == []


def test_what_is_agreed_can_be_called_off(room):
    ann = room.connect(kind=TelnetClient)
    ann.tell(IAC, AYT)
    for _ in range(3):
        for option in BINARY, NAWS:
            ann.tell(IAC, WILL, option)
            assert ann.tell(IAC, WONT, option) == [bytes([DONT, option])]
        assert ann.tell(IAC, DO, EOR) == [bytes([WILL, EOR])]
        assert ann.tell(IAC, DONT, EOR) == [bytes([WONT, EOR])]


def test_timing_mark_is_answered_every_time(room):
    ann = room.connect(kind=TelnetClient)
    ann.tell(IAC, AYT)
    for _ in range(3):
        assert ann.tell(IAC, DO, TIMING_MARK) == [bytes([WILL, TIMING_MARK])]


def test_ayt_is_answered_in_words(room):
    ann = room.connect(kind=TelnetClient)
    for _ in range(3):
        ann.send_bytes(bytes([IAC, AYT]))
        ann.expect_next('[Yes, I am here]')


# A peer with a window, who is asked for the editing

def sb(option, *data):
    return bytes([IAC, SB, option, *data, IAC, SE])


def size(columns, rows):
    return sb(NAWS, *columns.to_bytes(2, 'big'), *rows.to_bytes(2, 'big'))


# By the commands that are answered so.
WINDOW = {
    bytes([DO, BINARY]): bytes([IAC, WILL, BINARY]),
    bytes([DO, NAWS]): bytes([IAC, WILL, NAWS]) + size(80, 24),
    bytes([DO, TTYPE]): bytes([IAC, WILL, TTYPE]),
    bytes([SB, TTYPE, 1, IAC, SE]): sb(TTYPE, 0, *b'xterm'),
}
ASKED = [bytes([WILL, ECHO]), bytes([WILL, SGA])]
PROMPT = b'\r#lobby> \x1b[K'


def yes(option):
    return {bytes([WILL, option]): bytes([IAC, DO, option]),
            bytes([WONT, option]): bytes([IAC, DONT, option])}


def no(option):
    return {bytes([WILL, option]): bytes([IAC, DONT, option])}


def settle(client, *data):
    """Send `data` again as long as anything is said about options behind it."""
    while client.tell(*data):
        assert len(client.commands) < 100


@pytest.fixture
def editing(room):
    """One for whom the daemon edits the line."""
    ann = room.connect(kind=TelnetClient,
                       answers={**WINDOW, **yes(ECHO), **yes(SGA)})
    ann.send_bytes(bytes([IAC, AYT]))
    ann.expect_bytes(PROMPT)
    ann.room = room
    return ann


def test_editing_is_asked_for_once(editing):
    editing.send_bytes(size(100, 50) * 3 + sb(TTYPE, 0, *b'vt100') + b'hi\r')
    editing.expect_bytes(b'guest1')
    editing.expect_bytes(b': hi\r\n' + PROMPT)
    assert [c for c in editing.commands if c in ASKED] == ASKED


@pytest.mark.parametrize('refusals', [
    {**no(ECHO), **no(SGA)}, {**no(ECHO), **yes(SGA)}, {**yes(ECHO), **no(SGA)}, {},
], ids=['both', 'ECHO', 'SGA', 'silent'])
def test_who_refuses_the_editing_is_left_alone(room, refusals):
    ann = room.connect(kind=TelnetClient, answers={**WINDOW, **refusals})
    ann.tell(IAC, AYT)
    settle(ann, *size(90, 30))
    asked = [c for c in ann.commands if c in ASKED]
    assert asked == ASKED
    assert b'#lobby>' not in ann.raw
    for setting in '/quiet on', '/color off', '/bell off', '/timestamp clock':
        ann.ask(setting)
    settle(ann, *size(80, 20))
    assert [c for c in ann.commands if c in ASKED] == asked


def test_who_refused_the_editing_can_ask_for_it(room):
    ann = room.connect(kind=TelnetClient, answers={**WINDOW, **no(ECHO), **yes(SGA)})
    ann.tell(IAC, AYT)
    settle(ann, *size(90, 30))
    for times in range(2, 4):
        ann.ask('/set edit on')
        settle(ann, *size(90, 30))
        assert [c for c in ann.commands if c in ASKED] == ASKED * times
    ann.answers.update(yes(ECHO))
    ann.send('/set edit on')
    ann.expect_bytes(PROMPT)


@pytest.mark.parametrize('window', [
    {}, {**WINDOW, bytes([DO, NAWS]): bytes([IAC, WILL, NAWS]) + size(0, 0)},
    {**WINDOW, bytes([SB, TTYPE, 1, IAC, SE]): sb(TTYPE, 0, *b'Mudlet')},
    {**WINDOW, bytes([SB, TTYPE, 1, IAC, SE]): sb(TTYPE, 0, *b'dumb')},
    {**WINDOW, bytes([SB, TTYPE, 1, IAC, SE]): sb(TTYPE, 0, *b'MTTS 65')},
], ids=['none', 'size of zero', 'MUD client', 'dumb', 'screen reader'])
def test_editing_is_not_asked_for_without_a_window_to_do_it_in(room, window):
    ann = room.connect(kind=TelnetClient, answers={**window, **yes(ECHO), **yes(SGA)})
    ann.tell(IAC, AYT)
    settle(ann, *size(0, 0))
    assert not [c for c in ann.commands if c in ASKED]


def test_who_refuses_to_hide_is_asked_once(prattled):
    room = prattled('[room #lobby]\n[room #vault]\nkey = sesame\n')
    ann = room.connect(kind=TelnetClient, answers=no(ECHO))
    ann.tell(IAC, AYT)
    ann.send('/join #vault')
    ann.expect('Passphrase of #vault')
    while ann.commands[-1] != bytes([WILL, ECHO]):
        ann.receive()
    ann.expect('What you type WILL BE VISIBLE')
    ann.send_bytes(size(80, 24) * 3 + b'sesame\n')
    ann.expect('You are talking in #vault')
    ann.barrier()
    assert ann.commands.count(bytes([WILL, ECHO])) == 1


def test_command_is_shown_behind_what_was_said_before_it(editing):
    # All in one turn: the line, and the command that is shown with its answer.
    bob, = editing.room.people('bob')
    with stopped(editing.room):
        bob.send('before')
        editing.send_bytes(b'/away\r')
    editing.expect_bytes(b'before\r\n#lobby> /away\r\n')


def test_talk_makes_no_answer_long(editing):
    # All in one turn, and more than the window holds; the answer alone is not.
    bob, = editing.room.people('bob')
    editing.send_bytes(size(80, 8) + bytes([IAC, AYT]))
    editing.expect_bytes(b'[Yes, I am here]')
    # The kernel shows the socket that was ready last ahead of others: let that be bob's.
    bob.barrier()
    with stopped(editing.room):
        bob.send(*(f'before {n}' for n in range(20)))
        editing.send_bytes(b'/away\r')
    editing.expect_bytes(b'before 19\r\n#lobby> /away\r\n')
    bob.barrier()
    with stopped(editing.room):
        bob.send(*(f'again {n}' for n in range(20)))
        editing.send_bytes(b'/help\r')
    # A long one is, but loses nothing of what was said before it.
    editing.expect_bytes(b'again 19\r\n#lobby> /help\r\n')
    editing.expect_bytes(b'-- more: Space, q --')


@pytest.mark.parametrize('leave', [bytes([IAC, DONT, ECHO]), bytes([IAC, EOF])],
                         ids=['editing ends', 'session ends'])
def test_pager_that_nobody_pages_shows_what_it_held(editing, leave):
    bob, = editing.room.people('bob')
    editing.send_bytes(size(80, 8) + b'/help\r')
    editing.expect_bytes(b'-- more: Space, q --')
    bob.send('hello')
    bob.barrier()
    editing.send_bytes(leave)
    editing.expect_bytes(b'hello\r\n')


def test_pager_leaves_a_paste_alone(editing):
    bob, = editing.room.people('bob')
    editing.send_bytes(b'\x1b[200~/help\r')
    editing.expect_bytes(b'A clear beginning is enough')
    editing.send_bytes(b'quite whole\r\x1b[201~and typex\x7fd\r')
    bob.expect(': quite whole$')
    bob.expect(': and typed$')


def test_size_of_a_window_may_be_anything(editing):
    bob, = editing.room.people('bob')
    sizes = (0, 0), (1, 1), (65535, 65535), (2, 500), (500, 0), (80, 24)
    junk = b'', b'\0', b'\0P\0', b'\0P\0\x18\0', b'x' * 2000
    for n, data in enumerate([*(size(*s) for s in sizes), *(sb(NAWS, *j) for j in junk)]):
        editing.send_bytes(data + f'hi {n}\r'.encode())
        bob.expect_next(f'guest1: hi {n}')


# Pastes

PASTE = [f'pasted line {n}' for n in range(30)]


@pytest.mark.parametrize('end', ['\r', '\n', '\r\n'], ids=repr)
@pytest.mark.parametrize('form', ['{}', '\x1b[200~{}\x1b[201~'], ids=['typed', 'bracketed'])
def test_pasted_lines_arrive_together(editing, form, end):
    room = editing.room
    bob, cid = room.people('bob', 'cid')
    with stopped(room):
        cid.send(*['me, too'] * 200)
        editing.send_bytes(
            form.format(''.join(line + end for line in PASTE)).encode())
    bob.expect('^guest1: pasted line 0$')
    assert [bob.line() for _ in PASTE[1:]] == [f'guest1: {line}' for line in PASTE[1:]]


def test_pasted_keys_are_text(editing):
    bob, = editing.room.people('bob')
    editing.send_bytes(b'a\x1b[200~b\tc\x04\x01\x12\x1b[Dd\x1b[201~e\x7f\r')
    bob.expect_next('guest1: ab cd')


def test_telnet_cut_anywhere(trio):
    ann, bob = trio
    text = (b'a' + bytes([IAC, DO, 1, IAC, IAC, IAC, SB, 24, 0, IAC, IAC, IAC, SE])
            + b'b' + bytes([IAC, AYT]) + b'c\r\n')
    for cut in range(1, len(text)):
        send_in_pieces(ann, text[:cut], text[cut:])
        ann.expect_bytes(b'[Yes, I am here]\r\n')
        assert heard(ann, bob) == [['ann: a\ufffdbc']]


@pytest.mark.parametrize('command, said', [
    *((command, 'one') for command in (DM, *range(245, 247), 249, SUSP, 241, 239, SE)),
    *((command, 'e') for command in (BRK, IP, EL)), (EC, 'oe'),
])
def test_commands_inside_a_line(room, command, said):
    ann = room.connect(kind=TelnetClient).rename('ann')
    bob, = room.people('bob')
    for _ in range(2):
        ann.send_bytes(b'on' + bytes([IAC, command]) + b'e\n')
    assert heard(ann, bob)[0] == [f'ann: {said}'] * 2


def test_synch_by_urgent_data(room):
    ann, bob = room.people('ann', 'bob')
    ann.send_bytes(bytes([IAC]))
    ann.sock.send(bytes([DM]), socket.MSG_OOB)
    ann.send('one', 'two')
    assert bob.line() == 'ann: one'
    assert bob.line() == 'ann: two'


def test_endless_subnegotiation_costs_no_memory(frugal):
    room = frugal
    ann, bob = room.people('ann', 'bob')
    memory = peak(room.pid)
    ann.send_bytes(bytes([IAC, SB, 24]))
    for _ in range(256):
        ann.send_bytes(b'x\r\n\xff\xff' * 13107)
    assert_silence(bob, bob)
    assert peak(room.pid) - memory < 4 << 20
    ann.send_bytes(bytes([IAC, SE]) + b'hi\n')
    bob.expect_next('ann: hi')


def test_telnet_end_of_file_ends_the_session(room):
    ann = room.connect(kind=TelnetClient).rename('ann')
    bob, = room.people('bob')
    ann.send_bytes(b'one\nunfinished' + bytes([IAC, EOF]))
    assert ann.expect_end() == ['-- Goodbye!']
    assert bob.barrier() == ['ann: one', 'ann: unfinished']


@pytest.mark.parametrize('before', [b'', b'hi\n', b'hi\r\n', bytes([IAC, AYT]) + b'x\n'])
def test_control_d_at_the_beginning_of_a_line_ends_the_session(room, before):
    ann = room.connect(kind=TelnetClient)
    ann.send_bytes(b'a\x04b\n' + before + b'\x04')
    assert ann.expect_end()[-1] == '-- Goodbye!'


def test_control_d_is_nothing_where_every_byte_is_text(prattled):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nspeak = line\n')
    ann, bob = room.people('ann', 'bob')
    ann.send('\x04', '\x04hi')
    assert heard(ann, bob) == [['ann: hi']]


# The end of a connection


def test_half_close_gets_all_that_is_pending(prattled):
    # Nobody reads for a while, so most of it has to wait in the daemon.
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 4k\n'
                    '[limits]\nsend_queue_soft = 0\nsend_queue = 0\n')
    bob = room.connect()
    bob.send(*['/help'] * 200)
    bob.end_input()
    room.wait_log('conn 1: disconnect: end of input')
    lines = bob.expect_end()
    assert sum('These are commands' in line for line in lines) == 200


def test_replies_to_the_last_line_come_before_the_end(room):
    ann = room.connect()
    ann.send_bytes(b'/version')
    ann.end_input()
    assert len(ann.expect_end()) == 1


def test_quit_is_no_reset_even_with_unread_input(room):
    for _ in range(20):
        ann = room.connect()
        with stopped(room):
            ann.send('/quit')
            ann.send_bytes(b'never read\n' * 20000)
        assert ann.expect_end() == ['-- Goodbye!']


def test_telnet_end_of_file_is_no_reset_even_with_unread_input(room):
    for _ in range(20):
        ann = room.connect(kind=TelnetClient)
        with stopped(room):
            ann.send_bytes(b'/version\n' + bytes([IAC, EOF]) + b'never read\n' * 20000)
        assert ann.expect_end()[1:] == ['-- Goodbye!']


def test_house_full_is_no_reset_even_with_unread_input(prattled):
    room = prattled('[limits]\nclients = 1\n')
    room.connect()
    for _ in range(20):
        with stopped(room):
            late = room.connect(greet=False)
            late.send_bytes(b'hello?\n' * 20000)
        assert late.expect_end() == ['Too many people are here already. Please try again later.']


def test_output_ends_before_the_connection_does(room):
    # First it only ends its own side, and takes what is still on the way to it.
    def is_seen():
        ann = room.connect()
        ann.send('/quit')
        ann.expect_end()
        return room.status()['connections'] == 1

    wait_until(is_seen, 'a connection of which only one half is closed')


def test_closing_waits_for_the_peer_only_so_long(room):
    # He neither closes nor stops sending.
    ann = room.connect()
    ann.send('/quit')
    assert ann.expect_end() == ['-- Goodbye!']
    wait_until(lambda: room.status()['connections'] == 0, 'the connection to be closed')


def test_reset_is_noticed(room):
    ann, = room.people('ann')
    bob = connect(room.address)
    wait_until(lambda: ann.people() == 2, 'bob')
    # Unread input makes a reset of the close.
    assert bob.recv(1)
    bob.close()
    wait_until(lambda: ann.people() == 1, 'bob to be gone')
    room.wait_log(r'conn 2: disconnect: (connection reset|end of input) \(guest2')


def test_lines_before_a_reset_are_said(room):
    ann, = room.people('ann')
    bob = room.connect()
    with stopped(room):
        bob.send(*(f'line {n}' for n in range(20)))
        # Closed like this, it sends a reset.
        linger = struct.pack('ii', 1, 0)
        bob.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        bob.close()
    room.wait_log('conn 2: disconnect: connection reset')
    assert ann.barrier() == [f'guest2: line {n}' for n in range(20)]


def test_flood_waits_for_its_turn(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    with stopped(room):
        bob.send(*(f'line {n}' for n in range(3000)))
        cid.send('may I?')
    lines = heard(bob, ann)[0]
    assert len(lines) == 3001
    assert lines.index('cid: may I?') < 100


def test_flood_does_not_keep_others_from_being_read(room):
    ann, bob = room.people('ann', 'bob')
    with stopped(room):
        bob.send(*(f'line {n}' for n in range(1000)))
        # What he says can only be read in the turn after the one that accepts him.
        eve = room.connect(greet=False)
        eve.send('may I?')
    lines = heard(bob, ann)[0]
    assert len(lines) == 1001
    assert lines.index('guest3: may I?') < 100


def test_newcomers_wait_for_their_turn(room):
    ann, = room.people('ann')
    with stopped(room):
        crowd = [room.connect(greet=False) for _ in range(500)]
        ann.send('/uptime')
    # Of those who were there before her only some have come in.
    assert int(ann.expect(UPTIME.pattern)['people']) < 200
    for one in crowd:
        one.expect('^-- In #')
    assert ann.people() == 501


def test_keys_wait_for_their_turn(editing):
    # Each of them is for the whole line, and all are read at once.
    room = editing.room
    cid, = room.people('cid')
    with stopped(room):
        editing.send_bytes(b'xy' + b'\x14' * 4000 + b'\r')
        eve = room.connect(greet=False)
        eve.send('may I?')
    cid.expect_next('guest3: may I?')
    cid.expect_next('guest1: xy')


def test_who_ends_his_input_gets_what_was_said_before(room):
    # All in one turn, so that nothing of it is sent to him when he parts.
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    with stopped(room):
        ann.send('before')
        bob.end_input()
    bob.expect_next('ann: before')
    bob.expect_end()
    cid.expect_next('ann: before')


def test_turn_that_says_more_than_the_page_holds(prattled):
    # The page is flushed within the turn, between two lines; here each stands on it
    # as often as there are zones.
    room = prattled('[limits]\nsend_queue_soft = 0\nsend_queue = 64M\n')
    eve, *people = room.people('eve', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8')
    for n, one in enumerate(people):
        one.ask('/timestamp clock')
        one.ask(f'/zone +{n}')
    lines = [f'line {n} ' + 'x' * 3000 for n in range(20)]
    with stopped(room):
        for one in people:
            one.send(*lines)
    got = [eve.line() for _ in range(len(people) * len(lines))]
    for one in people:
        assert [g for g in got if g.startswith(one.nick)] == [
            f'{one.nick}: {line}' for line in lines]


# Readers that do not read


@pytest.fixture
def stuck_room(prattled):
    """Small buffers, so that a reader who stops is noticed soon."""
    return prattled('''
[listen main]
address = 127.0.0.1:0
send_buffer = 8k
[limits]
send_queue_soft = 0
send_queue = 64k
''')


def test_who_never_reads_is_disconnected_and_costs_others_nothing(stuck_room):
    room = stuck_room
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    cid.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for n in range(1500):
        line = f'line {n} ' + 'x' * 1000
        ann.send(line)
        bob.expect_next(f'ann: {line}')
    room.wait_log(r'conn 3: disconnect: too slow to read \(cid, ')
    assert_silence(ann, bob)
    assert ann.people() == 2


def test_slow_reader_gets_all_that_fits(prattled):
    # The default queue takes a megabyte; the order stays while it empties.
    room = prattled('[limits]\nsend_queue_soft = 0\n')
    ann, bob = room.people('ann', 'bob')
    lines = [f'line {n} ' + 'x' * 1000 for n in range(900)]
    ann.send(*lines)
    ann.barrier()
    assert bob.barrier() == [f'ann: {line}' for line in lines]


def test_lines_do_not_overtake_each_other_in_the_queue(prattled, crowd):
    # Hardly a line fits into the socket at once, and the readers keep reading.
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 4k\n'
                    '[limits]\nsend_queue_soft = 0\nsend_queue = 64M\n')
    ann, = room.people('ann')
    readers = crowd(room, 8)
    wait_until(lambda: ann.people() == 9, 'the readers')
    lines = [f'line {n} ' + 'x' * (n * 37 % 3000) for n in range(3000)]
    for line in lines:
        ann.send(line)
    ann.send('the end')
    readers.wait(b'ann: the end\r\n')
    for n in range(8):
        assert readers.lines(n)[2:-1] == [f'ann: {line}' for line in lines]
