# SPDX-License-Identifier: ISC
"""What people see who sit at a terminal of 80 by 24 with Debian's telnet."""

import re

import pytest

from clients import HOST
from harness import wait_until

PROMPT = '#lobby> '


@pytest.fixture
def sit_down(screen, command):
    """sit_down(port, nick): at a terminal, with the daemon editing the line.

    `shy` is for a daemon that waits until it is spoken to.
    """

    def start(port, nick, *, shy=False, **more):
        one = screen(command(port, 'inetutils-telnet'), **more)
        if shy:
            one.wait(lambda rows, *_: rows[-1].endswith(' you'), 'the greeting')
            one.press('Enter')
        one.wait_end('#lobby>', column=len(PROMPT))
        one.enter(f'/nick {nick}')
        one.wait(lambda rows, *_: rows[-1] == '#lobby>' and rows[-2].endswith(f' now {nick}'),
                 'the new name')
        return one

    return start


@pytest.fixture
def ann(house, sit_down):
    return sit_down(house.door['telnet'], 'ann')


@pytest.fixture
def cid(house):
    """Somebody to talk to, who has a plain client."""
    return house.people('cid')[0]


def wait_line(one, line, left=0):
    """Wait until the line being typed looks like this, and where its cursor is."""
    __tracebackhide__ = True
    one.wait(lambda rows, column, row: (
        rows[-1] == f'{PROMPT}{line}'.rstrip() and row == len(rows) - 1
        and column == len(PROMPT) + len(line) - left), f'{line!r}, cursor {left} left')


# Typing


def test_two_people_type_at_once(house, sit_down, ann, cid):
    bob = sit_down(house.door['auto'], 'bob', shy=True)
    ann.type('half a li')
    bob.type('I am ty')
    wait_line(ann, 'half a li')
    wait_line(bob, 'I am ty')
    for n in range(3):
        cid.send(f'line {n}')
    rows = [f'cid: line {n}' for n in range(3)]
    ann.wait_end(*rows, PROMPT + 'half a li', column=len(PROMPT + 'half a li'))
    bob.wait_end(*rows, PROMPT + 'I am ty', column=len(PROMPT + 'I am ty'))
    bob.type('ping, too')
    wait_line(bob, 'I am typing, too')
    bob.press('Enter')
    ann.wait_end(*rows, 'bob: I am typing, too', PROMPT + 'half a li')
    ann.enter('ne')
    ann.wait_end(*rows, 'bob: I am typing, too', 'ann: half a line', '#lobby>')
    bob.wait_end(*rows, 'bob: I am typing, too', 'ann: half a line', '#lobby>')


def test_half_a_line_survives_more_lines_than_the_window_has(ann, cid):
    ann.type('half a line')
    wait_line(ann, 'half a line')
    ann.press(*['Left'] * 4)
    wait_line(ann, 'half a line', left=4)
    lines = [f'line {n}' for n in range(50)]
    cid.send(*lines)
    ann.wait_end(*(f'cid: {line}' for line in lines[-23:]), PROMPT + 'half a line')
    wait_line(ann, 'half a line', left=4)
    ann.type('new ')
    wait_line(ann, 'half a new line', left=4)
    ann.press('Enter')
    cid.expect('^ann: half a new line$')


def test_editing_keys(ann, cid):
    ann.type('one two three')
    ann.press('C-w', 'BSpace', 'Home', 'Delete', 'End')
    ann.type('!')
    wait_line(ann, 'ne two!')
    ann.press('C-a', 'M-f', 'C-k')
    wait_line(ann, 'ne')
    ann.press('C-y', 'C-Left', 'C-Left', 'M-d', 'C-e', 'C-h', 'C-b', 'C-t')
    wait_line(ann, ' tow')
    ann.press('C-u')
    wait_line(ann, '')
    ann.enter('and on')
    cid.expect('^ann: and on$')


def test_line_longer_than_the_window_scrolls(ann, cid):
    line = ' '.join(f'word{n}' for n in range(30))
    ann.type(line)

    def is_end(rows, column, row):
        return (rows[-1].startswith(PROMPT + '<') and rows[-1].endswith(' word29')
                and column == len(rows[-1]) < 80 and row == len(rows) - 1)

    ann.wait(is_end, 'the end of the line')
    cid.send('hello')
    ann.wait(lambda rows, *rest: rows[-2] == 'cid: hello' and is_end(rows, *rest),
             'the end of the line behind another')
    ann.press('Home')
    ann.wait(lambda rows, column, _: (
        rows[-1].startswith(PROMPT + 'word0 word1 ') and rows[-1].endswith('>')
        and len(rows[-1]) < 80 and column == len(PROMPT)), 'the beginning of the line')
    ann.press('Enter')
    cid.expect(f'^ann: {line}$')


def test_wide_characters_take_two_columns(ann, cid):
    ann.type('日本語 😀 e\u0301!')
    ann.wait(lambda rows, column, _: (
        rows[-1] == PROMPT + '日本語 😀 e\u0301!' and column == len(PROMPT) + 12), 'it')
    ann.press('Left', 'Left')
    cid.send('Привет, 日本')
    ann.wait(lambda rows, column, _: (
        rows[-2:] == ['cid: Привет, 日本', PROMPT + '日本語 😀 e\u0301!']
        and column == len(PROMPT) + 10), 'the cursor on the accent')
    ann.press('Delete', 'Left', 'BSpace')
    ann.wait(lambda rows, column, _: (
        rows[-1] == PROMPT + '日本語  !' and column == len(PROMPT) + 7), 'less')
    ann.press('C-a', 'Right', 'Right', 'BSpace', 'Enter')
    cid.expect('^ann: 日語  !$')


def test_interrupt_clears_the_line(ann, cid):
    ann.type('not to be said')
    wait_line(ann, 'not to be said')
    ann.press('C-c')
    wait_line(ann, '')
    ann.enter('said')
    cid.expect('^ann: said$')


def test_screen_can_be_cleared(ann, cid):
    cid.send('hello')
    ann.wait_row('cid: hello')
    ann.type('half a line')
    ann.press('C-l')
    ann.wait(lambda rows, column, row: (
        rows == [PROMPT + 'half a line'] and (column, row) == (len(rows[0]), 0)),
        'nothing but the line')


def test_control_d_leaves(ann, house):
    ann.type('x')
    ann.press('BSpace', 'C-d')
    ann.wait_row('-- Goodbye!')
    ann.wait_row('Connection closed by foreign host.')
    house.wait_log('conn 1: disconnect: end of input')


# History and completion


def test_history_with_the_arrow_keys(ann, cid):
    for line in 'one', 'two', 'two', 'three':
        ann.enter(line)
    cid.expect('three')
    for line in 'three', 'two', 'one':
        ann.press('Up')
        wait_line(ann, line)
    ann.press('Down', 'Down')
    wait_line(ann, 'three')
    ann.press('Down')
    wait_line(ann, '')
    ann.type('new')
    ann.press('C-p', 'C-p', 'Enter')
    cid.expect_next('ann: two')


def test_history_is_searched(ann, cid):
    for line in 'one apple', 'two pears', 'three apples':
        ann.enter(line)
    cid.expect('three apples')
    ann.type('typed')
    ann.press('C-r')
    ann.type('app')
    ann.wait(lambda rows, *_: 'app' in rows[-1] and rows[-1].endswith('three apples'),
             'the newest match')
    ann.press('C-r')
    ann.wait(lambda rows, *_: rows[-1].endswith('one apple'), 'the next match')
    cid.send('hello')
    ann.wait(lambda rows, *_: (
        rows[-2] == 'cid: hello' and rows[-1].endswith('one apple')), 'it still')
    ann.press('C-g')
    wait_line(ann, 'typed')
    ann.press('C-r')
    ann.type('pear')
    ann.wait(lambda rows, *_: rows[-1].endswith('two pears'), 'the match')
    ann.press('Enter')
    cid.expect_next('ann: two pears')


def test_tab_completes(house, ann, cid):
    cyd, cat = house.people('cyd', 'cat')
    for who in cyd, cid:
        who.send('hello')
    cat.barrier()
    ann.wait_row('cyd: hello')
    ann.wait_row('cid: hello')
    for line, completions in {
            'c': ['cid: ', 'cyd: ', 'cat: ', 'cid: '],  # who spoke last comes first
            'hi C': ['hi cid ', 'hi cyd '],
            '/whoi': ['/whois '],
            '/whois cy': ['/whois cyd '],
            '/join #lo': ['/join #lobby '],
            'nobody': ['nobody']}.items():
        ann.type(line)
        for completion in completions:
            ann.press('Tab')
            wait_line(ann, completion)
        ann.press('C-u')
        wait_line(ann, '')
    ann.type('c')
    ann.press('Tab')
    ann.enter('welcome')
    cid.expect('^ann: cid: welcome$')


# Windows


def test_window_is_resized_while_one_types(ann, cid):
    line = 'a line of some fifty characters that are all typed'
    ann.type(line)
    wait_line(ann, line)
    ann.resize(40, 24)
    ann.wait(lambda rows, column, _: (
        rows[-1].startswith(PROMPT + '<') and rows[-1].endswith('are all typed')
        and column == len(rows[-1]) < 40), 'the end of the line')
    cid.send('word ' * 10 + 'end')
    ann.wait_row('cid: word word word word word word word')
    ann.wait_row('     word word word end')
    ann.resize(120, 30)
    wait_line(ann, line)
    ann.type(', and more')
    wait_line(ann, line + ', and more')
    ann.press('Enter')
    cid.expect(f'^ann: {line}, and more$')


def test_long_lines_hang_at_the_window(ann, cid):
    cid.send('word ' * 30 + 'end')
    ann.wait_end('cid: ' + 'word ' * 14 + 'word',
                 '     ' + 'word ' * 14 + 'word', '     end', '#lobby>')
    cid.send('日本語' * 20)
    ann.wait_end('cid: ' + '日本語' * 12 + '日', '     本語' + '日本語' * 7, '#lobby>')


@pytest.mark.parametrize('columns', [40, 80, 120])
def test_people_are_shown_in_columns_that_fit(house, sit_down, columns):
    house.people(*(f'somebody{n:02}' for n in range(20)))
    ann = sit_down(house.door['telnet'], 'ann', columns=columns)
    ann.enter('/who')
    ann.wait(lambda rows, *_: any('somebody19' in row for row in rows[-10:]), '/who')
    rows = ann.rows()
    names = [row for row in rows if re.match('-- (ann|somebody).* ', row)]
    assert len(names) == -(-21 // ((columns - 4) // 12))
    assert all(len(row) < columns for row in names)


# The pager


@pytest.fixture
def low(house, sit_down):
    """One with a window of eight rows."""
    return sit_down(house.door['telnet'], 'ann', rows=8)


MORE = '-- more: Space, q --'


def test_long_answers_stop_at_each_full_screen(low, cid):
    low.enter('/help')
    low.wait(lambda rows, *_: rows[-1] == MORE and len(rows) == 8, 'the first page')
    seen = low.rows()[:-1]
    cid.send('meanwhile')
    cid.barrier()
    while low.rows()[-1] == MORE:
        page = low.rows()
        assert 'cid: meanwhile' not in page
        low.press('Space')
        low.wait(lambda rows, *_: rows != page and rows[-1] in (MORE, '#lobby>'),
                 'the next page')
        seen += low.rows()[:-1]
    low.wait_end('cid: meanwhile', '#lobby>')
    # Every row of it was on the screen at some time, the first and the last too.
    assert any('What you type is said' in row for row in seen)
    assert any('A clear beginning is enough' in row for row in seen)
    for command in 'help', 'nick', 'who', 'join', 'set', 'quit':
        assert any(row.startswith(f'-- /{command} ') for row in seen), command
    low.enter('and typing goes on')
    cid.expect('^ann: and typing goes on$')


@pytest.mark.parametrize('columns, more', [(43, MORE), (42, '-- Space, q --'),
                                           (31, '-- Space, q --')])
def test_pager_tells_its_keys_in_a_narrow_window(house, sit_down, columns, more):
    ann = sit_down(house.door['telnet'], 'ann', rows=8, columns=columns)
    ann.enter('/help')
    ann.wait(lambda rows, *_: rows[-1] == more and len(rows) == 8, 'the first page')
    ann.press('q')
    ann.wait_end('#lobby>')


@pytest.mark.parametrize('key', ['q', 'C-d', 'ip'])
def test_pager_is_left(low, cid, key):
    low.enter('/help')
    low.wait(lambda rows, *_: rows[-1] == MORE, 'the first page')
    cid.send('meanwhile')
    cid.barrier()
    low.press('x', 'Up')
    if key == 'ip':
        low.press('C-]')
        low.wait(lambda rows, *_: rows[-1].endswith('telnet>'), 'its prompt')
        low.enter('send ip')
    else:
        low.press(key)
    low.wait_end('cid: meanwhile', '#lobby>')
    low.enter('and typing goes on')
    cid.expect('^ann: and typing goes on$')
    # Where the client did not show a prompt of its own below it.
    assert key == 'ip' or MORE not in low.rows()


def test_pager_ends_where_the_client_edits(low, cid):
    low.enter('/help')
    low.wait(lambda rows, *_: rows[-1] == MORE, 'the first page')
    cid.send('meanwhile')
    cid.barrier()
    low.press('C-]')
    low.wait(lambda rows, *_: rows[-1].endswith('telnet>'), 'its prompt')
    low.enter('mode line')
    low.wait_row('cid: meanwhile')
    cid.send('at once')
    low.wait_row('cid: at once')
    low.enter('typed in telnet')
    cid.expect('^ann: typed in telnet$')


def test_pager_ends_with_the_session(low, cid, house):
    low.enter('/help')
    low.wait(lambda rows, *_: rows[-1] == MORE, 'the first page')
    cid.send('meanwhile')
    cid.barrier()
    house.stop()
    low.wait_row('cid: meanwhile')


def test_pager_is_left_alone_by_what_fits_and_can_be_switched_off(low, cid):
    low.enter('/who')
    low.wait_end('-- #lobby (2):', '-- ann  cid', '#lobby>')
    cid.send(*(f'line {n}' for n in range(20)))
    low.wait_end('cid: line 19', '#lobby>')
    low.enter('/set pager off')
    low.wait_end('-- pager is off now.', '#lobby>')
    low.enter('/help')
    low.wait(lambda rows, *_: any('A clear beginning' in row for row in rows)
             and rows[-1] == '#lobby>', 'the end of the help')


# Settings


def test_line_mode_and_back(ann, cid):
    ann.enter('/set edit off')
    ann.wait(lambda rows, column, row: (
        rows[-1] == '-- edit is off now.' and (column, row) == (0, len(rows))), 'no prompt')
    ann.enter('in line mode')
    cid.expect('^ann: in line mode$')
    cid.send('I see')
    ann.wait_row('cid: I see')
    assert ann.rows()[-2:] == ['in line mode', 'cid: I see']
    ann.enter('/set edit on')
    ann.wait_end('-- edit is on now.', '#lobby>', column=len(PROMPT))
    ann.type('edited')
    ann.press('Left', 'Left', 'BSpace', 'Enter')
    cid.expect('^ann: edied$')


def colours(one, row):
    """The sequences that a row of the screen is painted with."""
    painted = one.run('capture-pane', '-p', '-e').split('\n')
    return [re.findall('\x1b\\[[0-9;]*m', line) for line in painted
            if re.sub('\x1b\\[[0-9;]*m', '', line).rstrip() == row]


def test_colours(house, sit_down, ann, cid):
    bob = sit_down(house.door['auto'], 'bob', shy=True)
    dan, = house.people('dan')
    cid.send('hello')
    dan.send('hello, too')
    for one in ann, bob:
        one.wait_row('cid: hello')
        one.wait_row('dan: hello, too')
    # Everybody has a colour, and the same one for all who see it.
    paint = colours(ann, 'cid: hello')
    assert paint == colours(bob, 'cid: hello') != [[]]
    assert paint != colours(ann, 'dan: hello, too') != [[]]
    bob.enter('/color off')
    bob.wait_end('-- color is off now.', '#lobby>')
    cid.send('hello again')
    for one in ann, bob:
        one.wait_row('cid: hello again')
    assert colours(ann, 'cid: hello again') == paint
    assert colours(bob, 'cid: hello again') == [[]]


def test_passphrase_is_not_shown(prattled, sit_down):
    room = prattled('[room #lobby]\n[room #vault]\nkey = open sesame\n'
                    '[listen main]\naddress = 127.0.0.1:0\nspeak = telnet\n')
    ann = sit_down(room.port, 'ann')
    ann.enter('/join #vault')
    ann.wait_end('-- Passphrase of #vault? An empty line calls it off.', 'Passphrase:')
    ann.type('open ses')
    # Another window, so that the screen is drawn anew with half of it typed.
    bob = room.connect(greet=False)
    bob.send('hello')
    ann.wait_end('guest2: hello', 'Passphrase:')
    ann.enter('amf')
    ann.wait_end('!! That is not the passphrase of #vault.',
                 '-- Passphrase of #vault? An empty line calls it off.', 'Passphrase:')
    ann.enter('open sesame')
    ann.wait_end('-- In #vault: nobody but you', '#vault>')
    ann.type('typed')
    ann.wait_end('#vault> typed')
    ann.press('C-u', 'Up')
    ann.wait_end('#vault> /join #vault')
    assert 'sesam' not in ann.run('capture-pane', '-p', '-S', '-')


# Pastes


def test_bracketed_paste(ann, cid):
    lines = [f'pasted line {n}: ' + 'x' * n for n in range(30)]
    ann.type('I say: ')
    wait_line(ann, 'I say: ')
    ann.paste('\n'.join(lines))
    wait_line(ann, lines[-1])
    ann.press('Enter')
    cid.expect(f'^ann: I say: {lines[0]}$')
    assert [cid.line() for _ in lines[1:]] == [f'ann: {line}' for line in lines[1:]]
