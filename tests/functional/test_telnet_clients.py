# SPDX-License-Identifier: ISC
"""What real telnet clients do that others can't: options, keys, windows."""

import io
import re
import textwrap

import pytest

from clients import EDITED, GREETING, HOST, OWN_LINE, TELNETS, TYPED
from harness import ECHO, IAC, SGA, TIMING_MARK, WILL, stopped, wait_until

WILL_ECHO, WILL_SGA = bytes([IAC, WILL, ECHO]), bytes([IAC, WILL, SGA])

PROMPT = b'\r#lobby> \x1b[K'

# They take keys for commands of theirs, and UTF-8 for keys.
BSD = ['inetutils-telnet', 'telnet-ssl']


@pytest.fixture
def ann(house):
    return house.people('ann')[0]


@pytest.fixture
def recorded(house, at_terminal, recorder):
    """Start a client behind a proxy: the client and the proxy."""

    def start(name, speak='telnet', **options):
        proxy = recorder((HOST, house.door[speak]))
        client = at_terminal(proxy.port, name, **options)
        client.logfile_read = io.StringIO()
        return client, proxy

    return start


@pytest.fixture
def edited(recorded):
    """As recorded(), but a client for which the daemon edits the line."""

    def start(name, **options):
        client, proxy = recorded(name, **options)
        client.expect_prompt()
        return client, proxy

    return start


def edit_off(client):
    client.sendline('/set edit off')
    client.expect('-- edit is off now')


# Text


# Characters with a byte that is ^C, ^Z or ^\ to a BSD client in line mode.
@pytest.mark.parametrize('text', ['Ü', '“', 'Ã', 'у', 'Ú', 'К', 'М', '日本語', 'üÜéКЖ'])
@pytest.mark.parametrize('name', BSD)
def test_first_line_is_repaired(house, ann, at_terminal, name, text):
    client = at_terminal(house.door['auto'], name)
    client.sendline(f'my {text} is whole')
    ann.expect_next(f'guest2: my {text} is whole')
    client.expect_prompt()


@pytest.mark.parametrize('name', BSD)
def test_every_character_can_be_typed_with_the_daemon_not_editing(ann, edited, name):
    client, _ = edited(name)
    edit_off(client)
    typed = TYPED.get(name, GREETING)
    client.sendline(typed)
    ann.expect_next(f'guest2: {typed}')
    ann.send(GREETING)
    client.expect_said('ann', GREETING)


# Editing


@pytest.mark.parametrize('name', EDITED)
def test_daemon_edits_the_line(ann, edited, name):
    client, _ = edited(name)
    client.send('helo\x7flo, Прü\x7fивет\x01\x1b[C\x1b[C\x06\x02\r')
    ann.expect_next('guest2: hello, Привет')
    client.expect_said('guest2', 'hello, Привет')
    client.send('\x1b[A\x08\x08\x17bye\r')
    ann.expect_next('guest2: hello, bye')


@pytest.mark.parametrize('name', EDITED)
def test_line_is_shown_once_and_redrawn_behind_others(ann, edited, name):
    client, _ = edited(name)
    client.send('half a li')
    client.expect('half a li')
    ann.send('interrupting')
    client.expect(r'\r\x1b\[K')
    client.expect_said('ann', 'interrupting')
    client.expect(r'\n\r#lobby> half a li')
    client.send('ne')
    client.expect('ne')
    client.sendline()
    client.expect(r'\r\x1b\[K')
    client.expect_said('guest2', 'half a line')
    ann.expect_next('guest2: half a line')


# busybox, once in line mode, stays there.
@pytest.mark.parametrize('name', EDITED)
def test_editing_can_be_switched_off_and_on(ann, edited, name):
    client, proxy = edited(name)
    edit_off(client)
    for n in range(3):
        mark = len(proxy.to_client)
        client.sendline(f'line {n}')
        ann.expect_next(f'guest2: line {n}')
        ann.send(f'answer {n}')
        client.expect_said('ann', f'answer {n}')
        # Neither a prompt nor a move of the cursor.
        assert not re.search(rb'\x1b\[[^m]*[A-Za-ln-z]|lobby', proxy.to_client[mark:])
    client.sendline('/set edit on')
    if name == 'busybox telnet':
        client.expect('-- edit is on now')
    else:
        client.expect_prompt()
    client.send('agaim\x7fn\r')
    ann.expect_next('guest2: again')


@pytest.mark.parametrize('name', EDITED)
def test_terminal_is_left_as_it_was(edited, name):
    client, proxy = edited(name)
    assert b'\x1b[?2004h' in proxy.to_client
    client.sendline('/quit')
    client.expect('Goodbye!')
    assert proxy.to_client.count(b'\x1b[?2004h') == proxy.to_client.count(b'\x1b[?2004l')


@pytest.mark.parametrize('name', EDITED)
def test_three_lines_pasted_at_once_arrive_together(ann, edited, name):
    client, _ = edited(name)
    for n in range(3):
        client.send(f'one {n}\rtwo {n}\rthree {n}\r')
        assert [ann.line() for _ in range(3)] == [
            f'guest2: {word} {n}' for word in ('one', 'two', 'three')]


# Clients with an input line of their own


@pytest.mark.parametrize('name', OWN_LINE)
def test_own_input_line_is_left_alone(ann, recorded, name):
    client, proxy = recorded(name)
    for n in range(3):
        client.sendline(f'line {n}')
        ann.expect_next(f'guest2: line {n}')
        ann.send(f'answer {n}')
        client.expect_said('ann', f'answer {n}')
    # It has said what it is by now; a prompt would be a line to it.
    assert WILL_ECHO not in proxy.to_client and WILL_SGA not in proxy.to_client
    assert b'#lobby>' not in proxy.to_client and b'\x1b[K' not in proxy.to_client
    assert b'guest2: line' not in proxy.to_client


# Keys


def check_alive(ann, client, n):
    """It still shows what comes, and what is typed still goes."""
    client.sendline(f'still here {n}')
    ann.expect(f': still here {n}$')
    ann.send(f'so am I {n}')
    client.expect_said('ann', f'so am I {n}')


def press_in_line_mode(client, proxy, control, times):
    """Press a key that is a command, and wait for its DO TIMING-MARK's answer.

    Until then all output is thrown away, and what is typed at once may be, too.
    """
    client.sendcontrol(control)
    wait_until(lambda: proxy.to_client.count(bytes([IAC, WILL, TIMING_MARK])) == times,
               'the answer to DO TIMING-MARK')


@pytest.mark.parametrize('control', ['c', 'z', '\\'])
@pytest.mark.parametrize('name', BSD)
def test_control_keys_do_not_freeze_who_has_said_nothing(ann, recorded, name, control):
    client, proxy = recorded(name, 'auto')
    press_in_line_mode(client, proxy, control, 1)
    client.expect_prompt()
    check_alive(ann, client, 1)


@pytest.mark.parametrize('control', ['c', 'z', '\\'])
@pytest.mark.parametrize('name', BSD)
def test_control_keys_do_not_freeze_line_mode(ann, edited, name, control):
    client, proxy = edited(name)
    edit_off(client)
    for n in range(3):
        press_in_line_mode(client, proxy, control, n + 1)
        check_alive(ann, client, n)


@pytest.mark.parametrize('control', ['c', 'z', '\\'])
@pytest.mark.parametrize('name', EDITED)
def test_control_keys_do_not_freeze_character_mode(ann, edited, name, control):
    client, _ = edited(name)
    for n in range(3):
        client.sendcontrol(control)
        check_alive(ann, client, n)


@pytest.mark.parametrize('name', OWN_LINE)
def test_interrupt_does_not_freeze_a_line_of_its_own(ann, recorded, name):
    client, _ = recorded(name)
    for n in range(3):
        client.sendcontrol('c')
        if name == 'tf5':
            client.expect(r'C\) continue tf;')
            client.sendline('c')
        check_alive(ann, client, n)


@pytest.mark.parametrize('name', EDITED)
def test_interrupt_clears_the_line(ann, edited, name):
    client, _ = edited(name)
    client.send('not to be said')
    client.sendcontrol('c')
    client.sendline('to be said')
    ann.expect_next('guest2: to be said')


@pytest.mark.parametrize('name', BSD)
def test_interrupt_in_line_mode_clears_nothing_that_is_typed_later(ann, edited, name):
    client, proxy = edited(name)
    edit_off(client)
    client.send('not to be said')
    press_in_line_mode(client, proxy, 'c', 1)
    client.sendline('to be said')
    ann.expect_next('guest2: to be said')


# Its prompt


def at_prompt(client, command):
    """Give a command at the prompt of inetutils telnet."""
    client.sendcontrol(']')
    client.expect('telnet> ')
    client.sendline(command)


def telnet_command(client, friend, command):
    """Give a command at the prompt, and wait until it has been left again."""
    at_prompt(client, command)
    friend.send(f'did you {command}?')
    client.expect_said('ann', f'did you {command}?')


def test_telnet_commands_are_answered(house, ann, at_terminal):
    client = at_terminal(house.door['auto'], 'inetutils-telnet')
    for name in 'ip', 'ao', 'brk', 'ga', 'el', 'ec', 'nop', 'eor', 'synch':
        telnet_command(client, ann, f'send {name}')
    at_prompt(client, 'send ayt')
    client.expect(r'\[Yes, I am here\]\r')
    client.sendline('done')
    ann.expect_next('guest2: done')


def test_telnet_commands_that_are_keys(ann, edited):
    client, _ = edited('inetutils-telnet')
    client.send('not to be said')
    telnet_command(client, ann, 'send el')
    client.send('nor this')
    telnet_command(client, ann, 'send ip')
    client.send('donet')
    telnet_command(client, ann, 'send ec')
    client.sendline()
    ann.expect_next('guest2: done')


def test_telnet_can_change_its_mode(ann, edited):
    client, _ = edited('inetutils-telnet')
    for mode in 'line', 'character', 'line':
        telnet_command(client, ann, f'mode {mode}')
        client.sendline(f'in mode {mode}')
        ann.expect_next(f'guest2: in mode {mode}')


# Windows

WORDS = 'some words that go on and on and do not fit into one row, ' * 4 + 'the end'


# Of its columns tf says that it has one less.
OWN_COLUMNS = {'tf5': 1}


def folded(name, columns):
    """Ann's line as it is to be sent to a window; the last column stays free."""
    columns -= 1 + OWN_COLUMNS.get(name, 0)
    rows = textwrap.wrap(f'ann: {WORDS}', columns, subsequent_indent=' ' * 5)
    return ''.join(f'{row}\r\n' for row in rows).encode()


def expect_folded(ann, proxy, name, columns):
    """Ann says it until it comes out folded like this."""
    __tracebackhide__ = True
    got = b''

    def say():
        nonlocal got
        mark = len(proxy.to_client)
        ann.send(WORDS)
        wait_until(lambda: b'end\r\n' in proxy.to_client[mark:], 'the line')
        got = re.sub(rb'\x1b\[[0-9;]*m', b'', bytes(proxy.to_client[mark:]))
        return folded(name, columns) in got

    wait_until(say, lambda: f'{folded(name, columns)} in {got}')


@pytest.mark.parametrize('columns', [40, 80, 132])
@pytest.mark.parametrize('name', TELNETS)
def test_long_lines_are_folded_at_the_window(ann, recorded, name, columns):
    _, proxy = recorded(name, size=(24, columns))
    expect_folded(ann, proxy, name, columns)


# busybox tells the size once.
@pytest.mark.parametrize('name', [name for name in TELNETS if 'busybox' not in name])
def test_resize_is_noticed(ann, recorded, name):
    client, proxy = recorded(name)
    expect_folded(ann, proxy, name, 80)
    for columns in 60, 100:
        client.setwinsize(24, columns)
        expect_folded(ann, proxy, name, columns)


@pytest.mark.parametrize('name', BSD)
def test_resize_is_noticed_in_line_mode(ann, edited, name):
    client, proxy = edited(name)
    edit_off(client)
    client.setwinsize(24, 50)
    expect_folded(ann, proxy, name, 50)


# Colours


@pytest.mark.parametrize('name', TELNETS)
def test_colours_can_be_switched_off_and_on(ann, recorded, name):
    client, proxy = recorded(name)

    def is_coloured(text):
        mark = len(proxy.to_client)
        ann.send(text)
        client.expect_said('ann', text)
        return bool(re.search(rb'\x1b\[[0-9;]+mann\x1b\[0m: ', proxy.to_client[mark:]))

    # As soon as it has told its terminal's type.
    wait_until(lambda: is_coloured('red'), 'colour')
    client.send_command('/color off')
    client.expect('-- color is off now')
    assert not is_coloured('grey')
    client.send_command('/color on')
    client.expect('-- color is on now')
    assert is_coloured('blue')


def test_terminal_without_colours_gets_none(house, ann, at_terminal, recorder):
    proxy = recorder((HOST, house.door['telnet']))
    client = at_terminal(proxy.port, 'inetutils-telnet', term='vt100')
    client.expect_prompt()
    ann.send('hello')
    client.expect_said('ann', 'hello')
    assert not re.search(rb'\x1b\[[0-9;]*m', proxy.to_client)


# The bell


@pytest.mark.parametrize('bell, rings_for', [
    (None, ['name', 'private']), ('mention', ['name', 'private']), ('off', []),
    ('pm', ['private']), ('all', ['plain', 'name', 'private'])])
def test_bell(house, edited, bell, rings_for):
    client, proxy = edited('inetutils-telnet')
    if bell:
        client.sendline(f'/bell {bell}')
        client.expect('bell is .* now')
    rung = []
    for kind, line in {'plain': 'hello', 'name': 'hello guest1',
                       'private': '/msg guest1 hello'}.items():
        mark = len(proxy.to_client)
        # Another one each time: what one person says at once rings once.
        house.connect().ask(line)
        client.expect('hello')
        proxy.wait(PROMPT, mark)
        if b'\a' in proxy.to_client[mark:]:
            rung.append(kind)
    assert rung == rings_for


def test_bell_rings_once_for_what_is_pasted(house, ann, edited):
    client, proxy = edited('inetutils-telnet')
    with stopped(house):
        ann.send(*[f'guest2, line {n}' for n in range(30)])
    client.expect('line 29')
    assert proxy.to_client.count(b'\a') == 1


# Screen readers


@pytest.mark.parametrize('name', TELNETS)
def test_screen_reader_is_sent_no_sequences(ann, recorded, name):
    client, proxy = recorded(name)
    if name in EDITED:
        client.expect_prompt()
    client.send_command('/set reader on')
    client.expect('reader is on now')
    mark = len(proxy.to_client)
    for command, answer in {
            '/nick bob': 'guest2 is now bob', '/who': 'ann, bob', '/set': 'reader',
            '/help': 'A clear beginning', '/unknown': 'Error: There is no'}.items():
        client.send_command(command)
        client.expect(answer)
    for line, shown in {'hello': 'ann: hello', 'bob, look': 'ann to you: bob, look',
                        '/me waves': 'ann waves', '/msg bob psst': 'Private from ann: psst'
                        }.items():
        ann.send(line)
        client.expect(f'{shown}\x07?\r')  # it rings for the name
    client.setwinsize(20, 70)
    client.sendline('hello yourself')
    ann.expect('^bob: hello yourself$')
    client.send_command('/quit')
    client.expect('Goodbye!')
    assert b'\x1b' not in proxy.to_client[mark:]


@pytest.mark.parametrize('name', BSD)
def test_terminal_that_cannot_take_a_line_away_keeps_line_mode(ann, recorded, name):
    client, proxy = recorded(name, term='dumb')
    for n in range(3):
        check_alive(ann, client, n)
    assert WILL_ECHO not in proxy.to_client and b'\x1b' not in proxy.to_client


# Passphrases


@pytest.fixture
def vault(prattled):
    """A daemon with a room that has a passphrase."""
    room = prattled('[listen line]\naddress = 127.0.0.1:0\nspeak = line\n'
                    '[listen telnet]\naddress = 127.0.0.1:0\nspeak = telnet\n'
                    '[room #lobby]\n[room #vault]\nkey = open sesame\n',
                    ready=r'(?:listening on (?s:.*)){2}')
    room.door = room.ports[1]
    return room


def shown(client):
    """All that it has shown since it was asked to keep it."""
    return client.logfile_read.getvalue()


def enter_vault(client):
    """Answer the question for the passphrase: what was shown, from the answer on."""
    client.send_command('/join #vault')
    client.expect(r'-- Passphrase of #vault\? An empty line calls it off')
    client.sendline('open sesame')
    client.expect('-- You are talking in #vault now')


@pytest.mark.parametrize('name', TELNETS)
def test_passphrase_is_not_shown(vault, at_terminal, name):
    client = at_terminal(vault.door, name)
    client.logfile_read = io.StringIO()
    if name in EDITED:
        client.expect_prompt()
    client.sendline('I am visible')
    enter_vault(client)
    client.sendline('visible again')
    client.send_command('/whois nobody')
    client.expect('Nobody here is called nobody')
    assert 'I am visible' in shown(client) and 'visible again' in shown(client)
    assert 'sesame' not in shown(client)


@pytest.mark.parametrize('name', ['inetutils-telnet', 'telnet-ssl', 'plink -telnet'])
def test_passphrase_is_not_shown_in_line_mode(vault, at_terminal, name):
    client = at_terminal(vault.door, name)
    client.expect_prompt()
    edit_off(client)
    client.logfile_read = io.StringIO()
    client.sendline('I am visible')
    enter_vault(client)
    client.sendline('visible again')
    client.send_command('/whois nobody')
    client.expect('Nobody here is called nobody')
    assert 'I am visible' in shown(client) and 'visible again' in shown(client)
    assert 'sesame' not in shown(client)


@pytest.mark.parametrize('name', EDITED)
def test_passphrase_is_not_remembered(vault, at_terminal, name):
    client = at_terminal(vault.door, name)
    client.expect_prompt()
    enter_vault(client)
    client.send('\x1b[A')
    client.expect('#vault> \x1b\\[K/join #vault')


def test_wrong_passphrase_and_none(vault, at_terminal):
    client = at_terminal(vault.door, 'inetutils-telnet')
    client.expect_prompt()
    client.sendline('/join #vault')
    for answer, seen in ('wrong', 'not the passphrase of #vault'), ('', 'Called off'):
        client.expect('Passphrase: ')
        client.sendline(answer)
        client.expect(seen)
    client.expect_prompt()


def test_plain_client_is_warned_that_the_passphrase_is_visible(vault, at_terminal):
    client = at_terminal(vault.port, 'nc.openbsd')
    client.sendline('/join #vault')
    client.expect(r'-- Passphrase of #vault\? It WILL BE VISIBLE')
    client.sendline('open sesame')
    client.expect('-- You are talking in #vault now')
