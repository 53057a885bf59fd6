# SPDX-License-Identifier: ISC
"""prattlectl: every command against a running daemon, wrong use, its documents."""

import contextlib
import itertools
import json
import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pexpect
import pytest

import harness
from harness import DEADLINE, SOURCES, STEP, control_tool, ctl, short, stopped, wait_until

OK, FAILED, USAGE, UNREACHABLE = range(4)

STAMP = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / 'state'
    folder.mkdir()
    return folder


@pytest.fixture
def house(prattled, state):
    return prattled(f'[server]\nstate = {state}\n[room #lobby]\n[room #build]\ntopic = Make\n',
                    control=True)


def fails(room, *words, code=FAILED, **options):
    """Run it in vain: what it complains of, line by line."""
    __tracebackhide__ = True
    got, out, err = ctl(room.control, *words, **options)
    assert (got, out) == (code, ''), short((got, out, err))
    lines = err.splitlines()
    assert all(line.startswith('prattlectl: ') for line in lines), short(err)
    return [line.removeprefix('prattlectl: ') for line in lines]


def asked(room, *words):
    """The answer as JSON."""
    __tracebackhide__ = True
    line, = room.ctl('-j', *words)
    answer = json.loads(line)
    assert answer.pop('ok') is True
    return answer


# Every command


def test_status(house):
    ann, = house.people('ann')
    ann.ask('hello')
    lines = house.ctl('status')
    assert re.fullmatch(rf'prattle \S+, process {house.pid}, up \d+ \w+', lines[0])
    assert lines[1:] == [
        'people: 1, rooms: 2, connections: 1, lines said: 1, skipped: 0',
        f'listening on 127.0.0.1:{house.port}',
        f'configuration: {house.file}, reloads: 0',
        'log: info, records dropped: 0',
        'sessions ended: none']
    ann.send('/quit')
    ann.expect_end()
    ann.close()
    house.reload()
    wait_until(lambda: asked(house, 'status')['connections'] == 0, 'the end of a connection')
    status = asked(house, 'status')
    assert status.pop('up') >= 0
    assert re.fullmatch(r'\d+\.\d+\.\d+', status.pop('version'))
    assert status == {
        'pid': house.pid, 'people': 0, 'rooms': 2, 'connections': 0, 'lines': 1,
        'skipped': 0, 'listening': [f'127.0.0.1:{house.port}'], 'config': str(house.file),
        'reloads': 1, 'log_level': 'info', 'log_dropped': 0, 'ended': {'quit': 1},
        'lockdown': None, 'closing': None}


def test_who_of_nobody(house):
    assert house.ctl('who') == ['Nobody is here.']
    assert asked(house, 'who') == {'people': []}
    assert house.people('ann')
    assert house.ctl('who', 'build') == ['Nobody is there.']


def test_who(house):
    ann, bob = house.people('ann', 'bob')
    bob.ask('/join #build')
    bob.ask('/away lunch')
    where = ['%s:%d' % who.sock.getsockname() for who in (ann, bob)]
    ago = r'here \d+ \w+, idle \d+ \w+'
    lines = house.ctl('who')
    assert re.fullmatch(rf'ann  {where[0]}, {ago}, in #lobby', lines[0])
    assert re.fullmatch(rf'bob  {where[1]}, {ago}, in #lobby #build, away: lunch', lines[1])
    assert len(lines) == 2
    assert [line.split()[0] for line in house.ctl('who', 'build')] == ['bob']
    assert house.ctl('who', '#BUILD')[0].startswith('bob  ')
    assert fails(house, 'who', 'nowhere') == [
        'There is no room #nowhere. rooms shows the rooms.']
    people = asked(house, 'who')['people']
    assert [p['nick'] for p in people] == ['ann', 'bob']
    assert people[1].pop('here') >= people[1].pop('idle') >= 0
    assert people[1] == {
        'nick': 'bob', 'id': 2, 'claimed': False, 'from': where[1],
        'rooms': ['#lobby', '#build'], 'operator': None, 'away': 'lunch'}


def test_who_of_very_many(prattled, crowd):
    room = prattled(control=True)
    crowd(room, 500)
    wait_until(lambda: room.status()['people'] == 500, 'everybody')
    assert len(room.ctl('who')) == 500
    assert len(asked(room, 'who')['people']) == 500


def test_rooms(house):
    ann, = house.people('ann')
    ann.ask('/join #Attic')
    assert house.ctl('rooms') == [
        '#Attic              1', '#build              0  Make', '#lobby              1']
    assert asked(house, 'rooms') == {'rooms': [
        {'room': '#Attic', 'people': 1, 'topic': None, 'configured': False},
        {'room': '#build', 'people': 0, 'topic': 'Make', 'configured': True},
        {'room': '#lobby', 'people': 1, 'topic': None, 'configured': True}]}


def test_say_and_wall(house):
    ann, = house.people('ann')
    assert house.ctl('say', '#lobby', 'one   two', 'three') == []
    assert house.ctl('wall', 'all', '-x', '--json') == []
    assert ann.barrier() == ['-- root: one   two three', '-- root to all: all -x --json']
    assert fails(house, 'say', '#nowhere', 'hi') == [
        'There is no room #nowhere. rooms shows the rooms.']
    assert fails(house, 'say', '#lobby', code=USAGE) == ['Usage: say <room> <text...>']


def test_say_from_a_pipe(house):
    ann, = house.people('ann')
    text = ''.join(f'line {n}\n' for n in range(100)) + '\nthe \x1b[1mend\x1b[0m without a newline'
    assert house.ctl('say', 'lobby', '-', input=text) == ['Lines said in #lobby: 101.']
    assert ann.barrier() == [f'-- root: line {n}' for n in range(100)] + [
        '-- root: the end without a newline']
    assert house.ctl('say', 'lobby', '-', input='') == ['Lines said in #lobby: 0.']
    answer = json.loads(house.ctl('-j', 'say', 'lobby', '-', input='x\n')[0])
    assert answer == {'ok': True, 'text': ['Lines said in #lobby: 1.']}
    assert fails(house, 'say', 'nowhere', '-', input='x\n' * 100000) == [
        'There is no room #nowhere. rooms shows the rooms.']


def test_lines_of_a_pipe_come_as_they_are_written(house):
    ann, = house.people('ann')
    with subprocess.Popen([control_tool(), '-s', house.control, 'say', '#lobby', '-'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as pipe:
        for n in range(20):
            pipe.stdin.write(f'{n}\n')
            pipe.stdin.flush()
            ann.expect_next(f'-- root: {n}')
        pipe.stdin.close()
        assert pipe.stdout.read() == 'Lines said in #lobby: 20.\n'
    assert pipe.returncode == OK


def test_pipe_of_make(house, need, tmp_path):
    (tmp_path / 'Makefile').write_text('all:\n\t@echo one; echo two >&2; false\n')
    ann, = house.people('ann')
    ann.ask('/join #build')
    line = f"{need('make')} -C {tmp_path} 2>&1 | {control_tool()} -s {house.control} " \
        "say '#build' -"
    subprocess.run(['sh', '-c', line], check=True, stdout=subprocess.DEVNULL, timeout=DEADLINE,
                   env={**os.environ, 'LC_ALL': 'C', 'MAKEFLAGS': ''})
    heard = ann.barrier()
    assert '-- root: one' in heard and '-- root: two' in heard
    assert any('Error 1' in text for text in heard)


def test_pipe_whose_rate_takes_longer_than_an_answer_may(prattled):
    room = prattled('[control]\nsay_rate = 1\nsay_burst = 1\n', control=True)
    lines = ''.join(f'line {n}\n' for n in range(36))
    assert room.ctl('say', 'lobby', '-', input=lines) == ['Lines said in #lobby: 36.']


def test_pipe_that_the_daemon_leaves(house):
    ann, = house.people('ann')
    ann.ask('/join #tea')
    with subprocess.Popen([control_tool(), '-s', house.control, 'say', '#tea', '-'],
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE) as pipe:
        pipe.stdin.write('one\n')
        pipe.stdin.flush()
        ann.expect('root: one')
        ann.ask('/part #tea')
        # It does not wait for the end of its input to say so.
        pipe.stdin.write('two\n')
        pipe.stdin.flush()
        assert pipe.wait(DEADLINE) == FAILED
        assert pipe.stdout.read() == 'Lines said in #tea: 1.\n'
        assert pipe.stderr.read() == 'prattlectl: The room #tea is gone.\n'
        with contextlib.suppress(BrokenPipeError):
            pipe.stdin.close()


def test_input_that_can_not_be_read(house, tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    done = subprocess.run([control_tool(), '-s', house.control, 'say', 'lobby', '-'],
                          stdin=folder, capture_output=True, text=True, check=False)
    os.close(folder)
    assert done.returncode == FAILED
    assert done.stderr == "prattlectl: can't read standard input: Is a directory\n"


def test_kick(house):
    ann, bob = house.people('ann', 'bob')
    assert house.ctl('kick', 'BOB', 'be', 'nice') == ['bob has been disconnected.']
    assert bob.expect_end() == ['!! You were kicked by root: be nice']
    assert fails(house, 'kick', 'bob') == ['Nobody here is called bob.']
    assert fails(house, 'kick', code=USAGE) == ['Usage: kick <name> [text...]']
    assert ann.people() == 1


def test_bans(house, state):
    house.people('ann')
    assert house.ctl('bans') == ['Nobody is banned or mute.']
    line, = house.ctl('ban', '192.0.2.7', '1h', 'too', 'loud')
    assert re.fullmatch(rf'Set: ban 192\.0\.2\.7 until={STAMP} by=root set={STAMP} too loud; '
                        '0 disconnected.', line)
    assert house.ctl('bans') == [line.removeprefix('Set: ').partition('; ')[0]]
    code, out, err = ctl(house.control, 'ban', '192.0.2.0/24')
    assert code == FAILED
    assert out == 'That would hit 0 of 1 here.\n'
    assert err == 'prattlectl: To do it, say yes ahead (prattlectl -y).\n'
    assert house.ctl('-y', 'ban', '192.0.2.0/24')[0].startswith('Set: ban 192.0.2.0/24 ')
    assert len(asked(house, 'bans')['bans']) == 2
    wait_until(lambda: (state / 'bans').exists() and
               len((state / 'bans').read_text().splitlines()) == 2, 'the file')
    assert house.ctl('unban', '192.0.2.0/24') == ['192.0.2.0/24: not banned any more.']
    ban, = asked(house, 'bans')['bans']
    assert re.fullmatch(STAMP, ban.pop('until')) and re.fullmatch(STAMP, ban.pop('set'))
    assert ban == {'kind': 'ban', 'network': '192.0.2.7', 'room': None, 'by': 'root',
                   'reason': 'too loud'}
    assert fails(house, 'unban', 'eve') == ['There is no such ban. bans shows them.']
    assert fails(house, 'ban', '192.0.2.0/99')[0].startswith('the prefix in')


def test_ban_by_name_tells_of_the_address(house):
    ann, bob = house.people('ann', 'bob')
    lines = house.ctl('ban', 'bob')
    assert lines[1] == 'The name is banned; ban 127.0.0.1 bans the address, too.'
    assert bob.expect_end() == ['!! You were banned by root.']
    assert ann.people() == 1


def test_mute(house):
    ann, = house.people('ann')
    assert house.ctl('mute', 'ann', '#lobby', '1h', 'noise')[0].startswith('Set: mute ann ')
    assert ann.barrier() == ['-- You may not speak in #lobby any more: root has decided so.']
    assert ann.ask('hello')[0].startswith('!! You may not speak in #lobby until')
    assert house.ctl('unmute', 'ann', '#lobby') == ['ann: may speak again.']
    assert ann.barrier() == ['-- You may speak in #lobby again: root has decided so.']
    assert fails(house, 'unmute', 'ann') == ['There is no such mute. bans shows them.']


def test_lockdown(house):
    ann, = house.people('ann')
    assert house.ctl('lockdown') == ['There is no lockdown.']
    assert house.ctl('lockdown', 'closed', '5m') == [
        'Lockdown: nobody may come in. It ends in 5 minutes.']
    assert ann.barrier() == ['-- Lockdown: nobody may come in.']
    for told in house.ctl('lockdown')[-1], house.ctl('status')[-1]:
        assert told.startswith('Lockdown: nobody may come in. It ends in ')
    assert asked(house, 'status')['lockdown'] == 'Lockdown: nobody may come in.'
    assert house.ctl('lockdown', 'off') == ['The lockdown has ended.']
    assert ann.barrier() == ['-- The lockdown has ended.']
    assert house.ctl('lockdown', 'off') == ['There is no lockdown.']
    assert ann.barrier() == []
    assert fails(house, 'lockdown', 'tight') == [
        'Which? off, mute (1), closed (2) or claimed (3), and for how long, such as 30m.']


def test_reload_and_check(house):
    config = house.file.read_text()
    assert house.ctl('check') == ['A reload would change nothing.']
    house.write(config + '[limits]\nrate = 7\n[listen x]\naddress = 127.0.0.1:0\n'
                '[server]\nuser = nobody\n'.replace('[server]\n', '[room #new]\n[log]\n').replace(
                    'user = nobody', 'level = debug'))
    changes = ['[listen default] is gone', '[room #new] is new',
               'log.level changed']
    told = house.ctl('check')
    assert told[0] == 'A reload would change this:'
    assert [line for line in changes if line in told] == changes[1:]
    assert house.ctl('log')[0].startswith('The log has records from info on')
    assert house.ctl('reload') == ['The configuration has been read again.', *told[1:]]
    assert house.ctl('check') == ['A reload would change nothing.']
    assert house.ctl('log') == ['The log has records from debug on.']
    assert asked(house, 'reload') == {'changes': [], 'mistakes': []}


def test_reload_says_what_takes_a_restart(house):
    house.write(house.file.read_text().replace('[room #lobby]', 'pidfile = /x\n[room #lobby]') +
                '[limits]\nclients = 99\n')
    assert house.ctl('rehash') == [
        'The configuration has been read again.',
        'server.pidfile changed, which takes a restart', 'limits.clients changed']
    # It keeps saying so as long as it is not done.
    assert asked(house, 'check')['changes'] == [
        {'option': 'server.pidfile', 'applies': 'restart'}]


BAD = '''[server]
nam = x
[limits]
clients = -1
[operator root]
hash = secret
'''


def test_reload_names_every_mistake(house):
    house.write(BAD)
    where = house.file
    mistakes = [
        f'{where}:2: unknown key "nam" in [server] (did you mean "name"?)',
        f'{where}:4: clients must be 0 to 1000000, not "-1"',
        f'{where}:6: hash must be a hash as prattled --hash prints it or empty']
    assert fails(house, 'reload') == ['Nothing has changed, because of mistakes:', *mistakes]
    assert fails(house, 'check') == ['A reload would change nothing, for mistakes:', *mistakes]
    code, out, err = ctl(house.control, '--json', 'reload')
    assert (code, err) == (FAILED, '')
    answer = json.loads(out)
    assert answer['ok'] is False
    assert [(m['file'], m['line']) for m in answer['mistakes']] == [
        (str(where), n) for n in (2, 4, 6)]
    assert answer['mistakes'][1]['text'] == 'clients must be 0 to 1000000, not "-1"'
    assert answer['errors'][1:] == mistakes
    where.unlink()
    assert fails(house, 'reload')[1:] == [f'{where}: No such file or directory']


def test_reload_tells_of_mistakes_in_the_state(house, state):
    (state / 'bans').write_text('ban 192.0.2.7\nban\n')
    code, out, err = ctl(house.control, 'reload')
    assert code == FAILED
    assert out == 'The configuration has been read again.\n'
    assert err.startswith(f'prattlectl: {state}/bans:2: ')


def test_log(house):
    assert house.ctl('log') == ['The log has records from info on.']
    assert house.ctl('log', 'error') == [
        'The log has records from error on, until the next reload.']
    mark = house.log_mark()
    house.connect().close()
    assert house.ctl('log', 'debug')[0].startswith('The log has records from debug on')
    assert house.ctl('uptime')
    house.wait_log(r'debug: control: uid \d+ pid \d+ \(root\) is here$', mark)
    assert 'connect from' not in house.log()[mark:]
    assert house.ctl('reload')
    assert house.ctl('log') == ['The log has records from info on.']
    assert fails(house, 'log', 'loud') == [
        'The level can be error, warning, notice, info or debug.']


def test_shutdown_in_a_while(house):
    ann, = house.people('ann')
    assert house.ctl('shutdown', 'in', '10m') == ['Everybody has been told.']
    assert ann.barrier() == ['-- This chat closes in 10 minutes (root).']
    assert house.ctl('status')[-1].startswith('This chat closes in ')
    assert 0 < asked(house, 'status')['closing'] <= 600
    assert house.ctl('shutdown', 'cancel') == ['Called off.']
    assert '-- This chat does not close after all.' in ann.barrier()
    assert fails(house, 'shutdown', 'cancel') == ['No end was announced.']
    assert fails(house, 'shutdown', 'soon') == [
        'When? now, cancel, or in a time such as 10m (1s to 7d).']


@pytest.mark.parametrize('words', [['shutdown'], ['shutdown', 'now']])
def test_shutdown(house, words):
    ann, = house.people('ann')
    assert house.ctl(*words) == ['It ends.']
    assert ann.expect_end() == ['-- The room is closing. Goodbye!']
    ann.close()
    assert house.wait_exit() == 0
    house.wait_log('/shutdown by root: stopping, 1 people$')
    assert fails(house, 'who', code=UNREACHABLE)


def test_info(house):
    house.people('ann')
    assert house.ctl('uptime')[0].startswith('Up ')
    assert house.ctl('version')[0].startswith('prattle runs prattle ')
    lines = house.ctl('whois', 'ann')
    assert lines[0].startswith('ann came ') and lines[1].startswith('ann comes from 127.0.0.1:')
    helps = house.ctl('help')
    assert any(line.startswith('kick <name> [text...] ') for line in helps)
    assert house.ctl('help', 'kick') == ['kick <name> [text...]: Disconnect a person.',
                                        'The text is shown to all.']


def test_events(house):
    with subprocess.Popen([control_tool(), '-s', house.control, 'events'], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as events:
        assert json.loads(events.stdout.readline())['event'] == 'begin'
        ann, = house.people('ann')
        ann.ask('hello')
        event = json.loads(events.stdout.readline())
        assert (event['v'], event['event'], event['nick'], event['text']) == (
            1, 'said', 'ann', 'hello')
        # Each at once, also into a pipe; until the reader has had enough.
        events.stdout.close()
        ann.send(*['more'] * 1000)
        assert events.wait(DEADLINE) == -signal.SIGPIPE


def test_events_until_nobody_reads_them(house):
    tool = f'{control_tool()} -s {house.control} events'
    # It does not wait for the next one to see that.
    for before, ending in ('', f'{128 + signal.SIGPIPE}\n'), (
            "trap '' PIPE; ", "prattlectl: can't write to standard output\n1\n"):
        done = subprocess.run(
            ['sh', '-c', f'{{ {before}{tool}; echo $? >&2; }} | head -n 1'], text=True,
            capture_output=True, timeout=DEADLINE, check=True)
        assert json.loads(done.stdout)['event'] == 'begin'
        assert done.stderr == ending


def test_events_until_the_daemon_ends(house):
    with subprocess.Popen([control_tool(), '-s', house.control, 'events'], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as events:
        assert events.stdout.readline()
        house.stop()
        assert events.wait(DEADLINE) == UNREACHABLE
        assert events.stderr.read() == 'prattlectl: prattled has closed the connection\n'
        assert json.loads(events.stdout.read())['text'] == 'The room is closing. Goodbye!'


def test_beginnings_and_slashes(house):
    assert house.ctl('upt') == house.ctl('/uptime') == house.ctl('UPTIME')


# Wrong use


@pytest.mark.parametrize('words, complaint', [
    ([], 'which command? Try "{tool} --help".'),
    (['-j'], 'which command? Try "{tool} --help".'),
    (['say', 'lobby', 'a\nb'],
     'an argument has more than one line; to say more, use a pipe: say ROOM -'),
    (['wall', 'a\rb'],
     'an argument has more than one line; to say more, use a pipe: say ROOM -'),
    (['nonsense'], 'There is no command nonsense. help shows them.'),
    (['rooom'], 'There is no command rooom (did you mean rooms?). help shows them.'),
    (['re'], 're could be reload, restart: type more of it.'),
    (['nick', 'x'], 'There is no command nick (did you mean kick?). help shows them.'),
    (['status', 'all'], 'Usage: status (nothing behind it)'),
    ([''], 'Which command? help shows them.'),
])
def test_wrong_use(house, words, complaint):
    assert fails(house, *words, code=USAGE) == [complaint.format(tool=control_tool())]


@pytest.mark.parametrize('option', ['--nonsense', '-x', '--socket', '-s'])
def test_wrong_options(option):
    done = subprocess.run([control_tool(), option], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (USAGE, '')
    assert done.stderr.endswith(f'Try "{control_tool()} --help".\n')


@pytest.mark.parametrize('option', ['-h', '--help', '-V', '--version'])
def test_help_and_version(house, option):
    code, out, err = ctl(house.control, option)
    assert (code, err) == (OK, '')
    if option in ('-V', '--version'):
        version = house.ctl('version')[0].partition(' runs ')[2].rstrip('.')
        assert out == f'prattlectl ({version})\n'
        return
    # Every command of the daemon is in the help, as the daemon itself has it.
    listed = [line.strip() for line in out.partition('Commands')[2].splitlines()[1:]]
    commands = list(itertools.takewhile(bool, listed))
    assert commands == house.ctl('help')


# No daemon


def test_no_daemon(tmp_path):
    code, out, err = ctl(tmp_path / 'nothing', 'who')
    assert (code, out) == (UNREACHABLE, '')
    assert err == (f"prattlectl: can't reach prattled at {tmp_path}/nothing: No such file or "
                   'directory (is prattled running, and its socket there? else name it with '
                   '-s)\n')
    assert ctl('', 'who') == (
        UNREACHABLE, '', 'prattlectl: the path of the socket is empty\n')
    file = tmp_path / 'file'
    file.touch()
    for path in file, tmp_path:
        assert ctl(path, 'who') == (
            UNREACHABLE, '', f"prattlectl: can't reach prattled at {path}: Connection refused "
            '(that is no socket)\n')
    code, out, err = ctl('x' * 200, 'who')
    assert (code, err) == (
        UNREACHABLE, f'prattlectl: the path of the socket is too long: {"x" * 200}\n')


def test_daemon_that_was_killed(house):
    house.process.kill()
    house.process.wait()
    assert fails(house, 'who', code=UNREACHABLE) == [
        f"can't reach prattled at {house.control}: Connection refused (prattled is not running "
        'any more)']
    # It is in nobody's way.
    house.process.returncode = 0


def test_daemon_that_dies_meanwhile(house):
    with stopped(house):
        with subprocess.Popen([control_tool(), '-s', house.control, 'who'], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
            wait_until(lambda: harness.state(tool.pid) == 'S', 'it to wait')
            house.process.kill()
            assert tool.wait(DEADLINE) == UNREACHABLE
            assert tool.stderr.read() in (
                'prattlectl: prattled has closed the connection\n',
                'prattlectl: the connection to prattled is broken: Connection reset by peer\n')
    house.process.wait()
    house.process.returncode = 0


def test_daemon_that_does_not_answer(house, tmp_path):
    ann, = house.people('ann')
    with stopped(house), socket.socket(socket.AF_UNIX) as full, \
            socket.socket(socket.AF_UNIX) as first:
        full.bind(str(tmp_path / 'full'))
        full.listen(0)
        first.connect(str(tmp_path / 'full'))
        # Nobody lets them in, and no more may wait for it.
        tools = [subprocess.Popen([control_tool(), '-s', path, 'who'], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                 for path in (house.control, tmp_path / 'full')]
        complaints = []
        for tool in tools:
            out, err = tool.communicate(timeout=DEADLINE)
            assert (tool.returncode, out) == (UNREACHABLE, '')
            complaints.append(err)
    assert complaints == [
        'prattlectl: prattled does not answer\n',
        f"prattlectl: can't reach prattled at {tmp_path}/full: Resource temporarily "
        'unavailable (prattled does not answer)\n']
    assert ann.people() == 1


@contextlib.contextmanager
def impostor(path, answer):
    """Something else that listens there, and says this."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            peer, _ = listener.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


@pytest.mark.parametrize('answer, complaint', [
    (b'HTTP/1.1 400 Bad Request\r\n', r'this is no prattled: it says "HTTP/1.1 400 Bad Request'),
    (b'- one', 'prattled has closed the connection'),
    (b'', 'prattled has closed the connection'),
])
def test_something_else_listens_there(tmp_path, answer, complaint):
    with impostor(tmp_path / 'x', answer):
        code, out, err = ctl(tmp_path / 'x', 'who')
    assert (code, out) == (UNREACHABLE, '')
    assert err.startswith(f'prattlectl: {complaint}')


@pytest.mark.parametrize('word', ['help', 'events', '--help', '--version'])
def test_output_that_can_not_be_written(house, word):
    with open('/dev/full', 'w', encoding='ascii') as full:
        done = subprocess.run([control_tool(), '-s', house.control, word], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=DEADLINE,
                              check=False)
    assert done.returncode == FAILED
    assert done.stderr == "prattlectl: can't write to standard output\n"


def closed(room, stream, *words):
    """Run it with a standard stream closed: exit code and all that it writes."""
    done = subprocess.run(
        ['sh', '-c', f'exec "$@" {stream}', 'sh', control_tool(), '-s', room.control, *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
        check=False)
    return done.returncode, done.stdout + done.stderr


def test_streams_that_are_closed(house):
    ann, = house.people('ann')
    # The socket gets none of their numbers, so that nothing of it goes to the daemon.
    assert closed(house, '>&-', 'status') == (
        FAILED, "prattlectl: can't write to standard output\n")
    assert closed(house, '<&-', 'say', 'lobby', '-') == (
        FAILED, 'Lines said in #lobby: 0.\n'
        "prattlectl: can't read standard input: Bad file descriptor\n")
    assert closed(house, '2>&-', 'kick', 'bob') == (FAILED, '')
    assert closed(house, '<&- >&- 2>&-', 'who') == (FAILED, '')
    audit = [line.rpartition(': ')[2] for line in house.log().splitlines() if 'audit' in line]
    assert audit == ['/say lobby -', '/kick bob']
    assert ann.barrier() == []


# Colour


def complaint_at_terminal(house, **env):
    """What a terminal gets on standard error."""
    outer, inner = pty.openpty()
    done = subprocess.run([control_tool(), '-s', house.control, 'kick', 'bob'], check=False,
                          stderr=inner, stdout=subprocess.DEVNULL,
                          env={'TERM': 'xterm', **env})
    os.close(inner)
    assert done.returncode == FAILED
    data = os.read(outer, 1000)
    os.close(outer)
    return data.decode()


def test_colour_is_for_terminals_that_want_it(house):
    plain = 'prattlectl: Nobody here is called bob.\r\n'
    assert complaint_at_terminal(house) == \
        '\x1b[1;31mprattlectl:\x1b[0m Nobody here is called bob.\r\n'
    assert complaint_at_terminal(house, NO_COLOR='') != plain
    assert complaint_at_terminal(house, NO_COLOR='1') == plain
    assert complaint_at_terminal(house, TERM='dumb') == plain


# JSON


def test_json_is_always_valid(house):
    ann, = house.people('ann')
    ann.ask('/away "quo\\te" \x1b[31m☃ \u2028 tschüß')
    ann.ask('/topic a "b"')
    commands = [line.split()[0] for line in house.ctl('help')]
    for command in commands:
        if command in ('events', 'shutdown', 'say'):
            continue
        for words in [command], [command, 'x"\\'], [command, 'ann', '"', '☃']:
            code, out, err = ctl(house.control, '--json', *words)
            assert err == ''
            answer = json.loads(out)
            assert answer['ok'] == (code == OK)
            assert ('errors' in answer) == (code != OK)
            assert out.count('\n') == 1
    assert house.ctl('lockdown', 'off') == ['There is no lockdown.']


# The man page


def page():
    return (SOURCES / 'man/prattlectl.1.in').read_text(encoding='utf-8')


def examples():
    """The commands under EXAMPLES, as one types them."""
    text = page().partition('.Sh EXAMPLES')[2].partition('.Sh SEE ALSO')[0]
    for block in re.findall(r'\.Bd -literal[^\n]*\n(.*?)\.Ed', text, re.DOTALL):
        yield from block.replace('\\e', '\\').splitlines()


def read_along(command, tools, speaker):
    """Run what goes on for ever, until it shows what somebody says."""
    with subprocess.Popen(
            ['sh', '-c', command], stdout=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, 'PATH': f'{tools}:{os.environ["PATH"]}'}) as reader:
        ended = threading.Event()

        def talk():
            # It may not have begun to read yet.
            while not ended.wait(STEP):
                speaker.send('hello')

        talker = threading.Thread(target=talk)
        talker.start()
        line = reader.stdout.readline()
        ended.set()
        talker.join()
        os.killpg(reader.pid, signal.SIGTERM)
        reader.wait()
        # What the shell has started is ours now (conftest.py).
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-reader.pid, 0)
        assert 'hello' in line
        if 'jq' in command:
            assert line == 'hello\n'


def test_examples_of_the_manual(house, need, tmp_path):
    ann, eve = house.people('ann', 'eve')
    ann.ask('/join #build')
    tools = tmp_path / 'bin'
    tools.mkdir()
    tool = tools / 'prattlectl'
    tool.write_text(f'#!/bin/sh\nexec {control_tool()} -s {house.control} "$@"\n')
    tool.chmod(0o755)
    (tmp_path / 'Makefile').write_text('all:\n\t@echo it is made\n')
    nc = shlex.quote(need('nc.openbsd'))
    seen = {}
    for line in examples():
        command = line if has_program('jq') else line.partition(' | jq')[0]
        command = command.replace('@runstatedir@/prattle/control', str(house.control)).replace(
            'nc -N', f'{nc} -N')
        if 'events' in line:
            read_along(command, tools, ann)
            seen[line] = 'hello'
            continue
        done = subprocess.run(
            ['sh', '-c', command], cwd=tmp_path, capture_output=True, text=True, check=False,
            timeout=DEADLINE, env={**os.environ, 'PATH': f'{tools}:{os.environ["PATH"]}'})
        assert (done.returncode, done.stderr) == (0, ''), f'{line}: {done}'
        seen[line] = done.stdout
    heard = ann.barrier()
    assert '#lobby -- root: The build is green.' in heard
    assert '-- root to all: Back in five minutes.' in heard
    assert '-- root: it is made' in heard
    assert '-- This chat closes in 10 minutes (root).' in heard
    assert '-- This chat does not close after all.' in heard
    assert len(seen) > 12
    assert eve.expect_end()[-1] == '!! You were kicked by root: Please be nice.'


def has_program(name):
    return subprocess.run(['sh', '-c', f'command -v {name}'], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0


def test_exit_codes_of_the_manual():
    text = page().partition('.Sh EXIT STATUS')[2].partition('.Sh EXAMPLES')[0]
    assert re.findall(r'^\.It (\d)$', text, re.MULTILINE) == ['0', '1', '2', '3']


def test_events_and_members_of_the_manual(house):
    text = page().partition('.Sh EVENTS')[2].partition('.Sh THE SOCKET')[0]
    source = (SOURCES / 'src/chat/event_json.c').read_text(encoding='utf-8')
    names = re.findall(r'\] = \{"(\w+)"', source) + ['begin', 'skipped']
    assert len(names) == 11
    for name in names:
        assert f'.It Cm {name}\n' in text
    documented = page().partition('.Sh JSON')[2].partition('.Sh EVENTS')[0]
    ann, = house.people('ann')
    ann.ask('/topic x')
    house.ctl('ban', '192.0.2.7')
    keys = set(asked(house, 'status'))
    for command in 'who', 'rooms', 'bans':
        keys |= set(asked(house, command)[{'who': 'people'}.get(command, command)][0])
    for key in keys:
        assert re.search(rf'\b{key}\b', documented), key


# Completion


def completed(house, *words):
    """What bash offers for the last word."""
    line = ' '.join(map(shlex.quote, words))
    script = (f'source {SOURCES}/completions/prattlectl.bash\n'
              f'COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}\n'
              '_prattlectl; printf "%s\\n" "${COMPREPLY[@]}"\n')
    done = subprocess.run(['bash', '-c', script], capture_output=True, text=True, check=True)
    assert done.stderr == ''
    return done.stdout.split()


def test_bash_completes(house, need):
    need('bash')
    house.people('ann', 'bob', 'anna')
    tool = [control_tool(), '-s', str(house.control)]
    assert completed(house, 'prattlectl', 're') == ['reload', 'restart']
    assert completed(house, *tool, 'st') == ['status']
    assert len(completed(house, 'prattlectl', '')) == len(house.ctl('help'))
    assert '--json' in completed(house, 'prattlectl', '--j')
    assert completed(house, 'prattlectl', 'lockdown', '') == ['off', 'mute', 'closed', 'claimed']
    assert completed(house, 'prattlectl', '-j', 'log', 'd') == ['debug']
    assert completed(house, *tool, 'kick', 'an') == ['ann', 'anna']
    assert completed(house, *tool, 'say', '') == ['build', 'lobby']
    assert completed(house, *tool, 'say', 'lobby', '') == []
    assert completed(house, 'prattlectl', 'help', 'sh') == ['shutdown']
    folder = str(house.folder)
    assert completed(house, 'prattlectl', '-s', f'{folder}/contr') == [f'{folder}/control']
    # As bash cuts --socket=SOCKET.
    assert completed(house, 'prattlectl', '--socket', '=', f'{folder}/contr') == [
        f'{folder}/control']
    assert completed(house, control_tool(), '--socket', '=', str(house.control), 'kick',
                     'an') == ['ann', 'anna']
    # With no daemon there is nothing to offer, and nothing to read.
    assert completed(house, control_tool(), '-s', '/nonexistent/x', 'kick', '') == []


def test_choices_that_are_offered_are_taken(house):
    for command, *more in ('lockdown', '1m'), ('log',):
        for choice in completed(house, 'prattlectl', command, ''):
            assert ctl(house.control, command, choice, *more)[0] == OK
    assert completed(house, 'prattlectl', 'shutdown', '') == ['now', 'in', 'cancel']


@pytest.mark.parametrize('option', ['-s', '--socket'])
def test_zsh_asks_at_the_socket(house, need, option):
    house.people('ann', 'bob')
    script = ('_arguments() { }; compadd() { print -l -- $names }\n'
              f'source {SOURCES}/completions/_prattlectl\n'
              f'typeset -A opt_args=({option} {shlex.quote(str(house.control))})\n'
              '_prattlectl_ask who\n')
    done = subprocess.run(
        [need('zsh'), '-f', '-c', script], capture_output=True, text=True, check=True,
        env={**os.environ, 'PATH': f"{Path(control_tool()).parent}:{os.environ['PATH']}"})
    assert (done.stdout.split(), done.stderr) == (['ann', 'bob'], '')


def test_zsh_completes_arguments(need, tmp_path):
    shell = pexpect.spawn(
        need('zsh'), ['-f'], encoding='utf-8', timeout=DEADLINE, dimensions=(24, 80),
        env={**os.environ, 'TERM': 'dumb', 'HOME': str(tmp_path)})
    try:
        shell.sendline(f'fpath=({SOURCES}/completions $fpath); autoload compinit; '
                       "compinit -D -u; print COMPLETION''S")
        shell.expect('COMPLETIONS')
        shell.send('prattlectl log d\t')
        shell.expect('log d.*ebug')
    finally:
        shell.close(force=True)


def test_zsh_takes_its_completion(need):
    script = SOURCES / 'completions/_prattlectl'
    subprocess.run([need('zsh'), '-n', script], check=True)


# Reloads under load


RELOADS = int(os.environ.get('PRATTLE_TEST_RELOADS', '100'))


def test_reloads_under_load_drop_nobody(prattled, crowd):
    config = '[listen main]\naddress = 127.0.0.1:0\n[room #lobby]\ntopic = Tea\n'
    room = prattled(config, control=True)
    crowd(room, 50)
    ann, bob = room.people('ann', 'bob')
    said = []
    ended = threading.Event()

    def talk():
        for n in itertools.count():
            if ended.is_set():
                break
            ann.send(f'line {n}')
            said.append(n)
            bob.expect_next(f'ann: line {n}')

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        for n in range(RELOADS):
            good = n % 2 == 0
            room.write(config + (f'[room #r{n}]\n' if good else
                                 f'[limits]\nclients = {n}x\n[room #r{n}]\nkeyy = x\n'))
            code, out, err = ctl(room.control, 'reload')
            if good:
                assert (code, err) == (OK, '')
                assert f'[room #r{n}] is new\n' in out
            else:
                line = config.count('\n') + 2
                assert code == FAILED and out == ''
                assert f'{room.file}:{line}: clients must be' in err
                assert f'{room.file}:{line + 2}: unknown key "keyy"' in err
    finally:
        ended.set()
        talker.join()
    assert asked(room, 'status')['reloads'] == (RELOADS + 1) // 2
    assert asked(room, 'status')['people'] == 52
    assert len(said) > 10
    assert 'disconnect' not in room.log()
